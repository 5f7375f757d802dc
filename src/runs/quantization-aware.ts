import { weightsOf } from '../compress/classifier-weights.js'
import type { QuantizationAware } from '../train/fake-quantization.js'
import { networkOf } from '../train/plan.js'
import type { Recipe } from '../train/recipe.js'
import { createRunFrom } from '../train/start-from.js'
import { finetuningRecipe, openTrained } from './finetuning.js'
import { quantizedPaths } from './quantize-run.js'

export interface QuantizationAwareRequest {
  /** Where the quantised classifier will go: refused before the training rather than after it. */
  out?: string | undefined
  /** The run whose network learns to bear the rounding. */
  path: string
  weights: QuantizationAware['weights']
  finetuneEpochs: number
  /** `path.to.field=value` for the recipe of the fine-tuning. */
  settings: readonly string[]
  directory: (recipeName: string) => string
}

/** Makes the run that fine-tunes a trained network with its weights and activations rounded as `quantize` rounds them. */
export async function prepareQuantizationAware(
  request: QuantizationAwareRequest,
): Promise<{ directory: string; recipe: Recipe }> {
  const { classifier, recipe: source } = await openTrained(request.path)
  const weights = weightsOf(classifier, networkOf(source, classifier.classNames.length), request.path)
  if (request.out !== undefined) await quantizedPaths(request, undefined)
  const recipe = finetuningRecipe(
    source,
    {
      suffix: '-qat',
      epochs: request.finetuneEpochs,
      changes: { quantizationAware: { weights: request.weights } },
    },
    request.settings,
  )
  const directory = request.directory(recipe.name)
  await createRunFrom(directory, recipe, weights)
  return { directory, recipe }
}
