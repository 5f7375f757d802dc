import type { QuantizationPlan, QuantizedLayer } from './plan.js'
import type { Simulation } from './simulation.js'

/**
 * What quantisation moves the mean of each output channel by is taken off its bias (Nagel et al. 2019, arXiv
 * 1906.04721, section 4.2, measured on the calibration images). Layer after layer, with all before it quantised and
 * corrected: what one corrects, the next does not see.
 */
export async function biasCorrections(
  { layers }: QuantizationPlan,
  simulation: Simulation,
  onProgress?: (done: number, total: number) => void,
): Promise<Map<QuantizedLayer, Float32Array>> {
  const corrections = new Map<QuantizedLayer, Float32Array>()
  for (const [i, layer] of layers.entries()) {
    if (layer.bias) {
      const exact = await simulation.meanOutputs(layer, { quantized: () => false })
      const moved = await simulation.meanOutputs(layer, { quantized: () => true, corrections })
      corrections.set(
        layer,
        Float32Array.from(exact, (mean, c) => mean - moved[c]!),
      )
    }
    onProgress?.(i + 1, layers.length)
  }
  return corrections
}
