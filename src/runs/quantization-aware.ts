import type { QuantizationAware } from '../train/fake-quantization.js'
import type { Recipe } from '../train/recipe.js'
import { type FinetuneRequest, prepareFinetuning } from './finetune-run.js'
import { quantizedPaths } from './quantize-run.js'

export interface QuantizationAwareRequest extends FinetuneRequest {
  /** Where the quantised classifier will go: refused before the training rather than after it. */
  out?: string | undefined
  weights: QuantizationAware['weights']
  finetuneEpochs: number
}

/** Makes the run that fine-tunes a trained network with its weights and activations rounded as `quantize` rounds them. */
export async function prepareQuantizationAware(
  request: QuantizationAwareRequest,
): Promise<{ directory: string; recipe: Recipe }> {
  if (request.out !== undefined) await quantizedPaths(request, undefined)
  const changes = { quantizationAware: { weights: request.weights } }
  return prepareFinetuning(request, { suffix: '-qat', epochs: request.finetuneEpochs, changes })
}
