import { FoveaError } from '../core/errors.js'
import { tensor } from '../core/tensor.js'
import type { Value } from '../onnx/ir.js'
import { add } from '../ops/add.js'
import { cast } from '../ops/cast.js'
import { mul } from '../ops/mul.js'

/** From bytes 0..255 to what the network sees: (x / 255 - mean) / standardDeviation, per channel. */
export interface Preprocess {
  mean: readonly number[]
  standardDeviation: readonly number[]
}

/** Only x / 255. */
export const unitRange: Preprocess = { mean: [0], standardDeviation: [1] }

/** Pre-processing as part of the graph, so that a file carries it. uint8 [N, C, H, W] -> float32 [N, C, H, W]. */
export function preprocess(images: Value, { mean, standardDeviation }: Preprocess): Value {
  const channels = images.shape[1] as number
  if (![1, channels].includes(mean.length) || mean.length !== standardDeviation.length)
    throw new FoveaError({
      where: 'preprocess',
      expected: `one mean and deviation, or one for each of ${channels} channels`,
      received: `${mean.length} means and ${standardDeviation.length} deviations`,
    })
  const perChannel = (values: readonly number[]): Value =>
    images.graph.constant(tensor('float32', [1, values.length, 1, 1], Float32Array.from(values)))
  return images.graph.within('preprocess', () => {
    const scaled = mul(cast(images, 'float32'), perChannel(standardDeviation.map(deviation => 1 / (255 * deviation))))
    if (mean.every(m => m === 0)) return scaled
    return add(scaled, perChannel(mean.map((m, i) => -m / standardDeviation[i]!)))
  })
}
