import { weightsOf } from '../compress/classifier-weights.js'
import { networkOf } from '../train/plan.js'
import type { Recipe } from '../train/recipe.js'
import { createRunFrom } from '../train/start-from.js'
import { type FinetuningChange, finetuningRecipe, openTrained } from './finetuning.js'

export interface FinetuneRequest {
  /** The run whose network trains on. */
  path: string
  /** `path.to.field=value` for the recipe of the fine-tuning. */
  settings: readonly string[]
  directory: (recipeName: string) => string
}

/** Makes the run that trains a network on from where another run left it, with a recipe of its own. */
export async function prepareFinetuning(
  { path, settings, directory: directoryOf }: FinetuneRequest,
  change: FinetuningChange,
): Promise<{ directory: string; recipe: Recipe }> {
  const { classifier, recipe: source } = await openTrained(path)
  const weights = weightsOf(classifier, networkOf(source, classifier.classNames.length), path)
  const recipe = finetuningRecipe(source, change, settings)
  const directory = directoryOf(recipe.name)
  await createRunFrom(directory, recipe, weights)
  return { directory, recipe }
}
