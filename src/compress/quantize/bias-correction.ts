import type { Value } from '../../onnx/ir.js'
import type { QuantizationPlan } from './plan.js'
import type { Simulation } from './simulation.js'

/**
 * What quantisation moves the mean of each output channel by is taken off its bias (Nagel et al. 2019, arXiv
 * 1906.04721, section 4.2, measured on the calibration images). Layer after layer, with all before it quantised and
 * corrected: what one corrects, the next does not see.
 */
export async function biasCorrections(
  { layers }: QuantizationPlan,
  simulation: Simulation,
  inFloat: ReadonlySet<Value>,
  onProgress?: (done: number, total: number) => void,
): Promise<Map<Value, Float32Array>> {
  const corrections = new Map<Value, Float32Array>()
  const { means } = await simulation.exact()
  for (const [i, layer] of layers.entries()) {
    if (layer.bias && !inFloat.has(layer.weight)) {
      const moved = await simulation.meanOutputs(layer, {
        quantized: ({ weight }) => !inFloat.has(weight),
        corrections,
      })
      corrections.set(
        layer.weight,
        Float32Array.from(means.get(layer)!, (mean, c) => mean - moved[c]!),
      )
    }
    onProgress?.(i + 1, layers.length)
  }
  return corrections
}
