import { weightsOf } from '../compress/classifier-weights.js'
import { networkOf } from '../train/plan.js'
import type { Recipe } from '../train/recipe.js'
import { createRunFrom } from '../train/start-from.js'
import { finetuningRecipe, openTrained } from './finetuning.js'

export interface FinetuneRequest {
  /** The run whose network trains on. */
  path: string
  epochs: number
  seed?: number | undefined
  /** `path.to.field=value` for the recipe of the fine-tuning. */
  settings: readonly string[]
  directory: (recipeName: string) => string
}

/** Makes the run that trains a network on from where another run left it, with a recipe of its own. */
export async function prepareFinetuning(request: FinetuneRequest): Promise<{ directory: string; recipe: Recipe }> {
  const { path, epochs, seed, settings } = request
  const { classifier, recipe: source } = await openTrained(path)
  const weights = weightsOf(classifier, networkOf(source, classifier.classNames.length), path)
  const changes = seed === undefined ? {} : { seed }
  const recipe = finetuningRecipe(source, { suffix: '-finetuned', epochs, changes }, settings)
  const directory = request.directory(recipe.name)
  await createRunFrom(directory, recipe, weights)
  return { directory, recipe }
}
