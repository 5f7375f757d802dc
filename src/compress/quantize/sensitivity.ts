import { sizeOf } from '../../core/shape.js'
import type { Value } from '../../onnx/ir.js'
import type { QuantizationPlan } from './plan.js'
import type { Simulation } from './simulation.js'

/** What one layer alone costs. */
export interface LayerSensitivity {
  name: string
  /** Operator: Conv, Gemm, MatMul. */
  operator: string
  parameters: number
  /**
   * Signal to error of the probabilities with this layer quantised and no other, decibels (10 lg Σp² / Σ(p - p̂)²):
   * the lower, the more it costs.
   */
  signalToErrorDb: number
  /** Left in float32 by mixed precision. */
  inFloat: boolean
}

/** 10 lg Σx² / Σ(x - x̂)², decibels; no error counts as 200 (float32 has some 150). */
export function signalToErrorDb(exact: Float32Array, approximate: Float32Array): number {
  let [signal, error] = [0, 0]
  exact.forEach((x, i) => {
    signal += x * x
    error += (x - approximate[i]!) ** 2
  })
  return Math.min(NO_ERROR_DB, 10 * Math.log10(signal / error))
}

const NO_ERROR_DB = 200

/** One line for each layer, in the order of the network. */
export async function layerSensitivities(
  { layers }: QuantizationPlan,
  simulation: Simulation,
  onProgress?: (done: number, total: number) => void,
): Promise<LayerSensitivity[]> {
  const { probabilities: exact } = await simulation.exact()
  const found: LayerSensitivity[] = []
  for (const layer of layers) {
    const probabilities = await simulation.predict({ quantized: other => other === layer })
    found.push({
      name: layer.name,
      operator: layer.nodes[0]!.op.name,
      parameters:
        sizeOf(layer.weight.shape as number[]) + (layer.bias ? (layer.weight.shape[layer.axis] as number) : 0),
      signalToErrorDb: signalToErrorDb(exact, probabilities),
      inFloat: false,
    })
    onProgress?.(found.length, layers.length)
  }
  return found
}

/** The weights of the worst layers, a share (0 to 1) of all of them, rounded up. */
export function worstLayers(
  { layers }: QuantizationPlan,
  sensitivities: readonly LayerSensitivity[],
  share: number,
): Set<Value> {
  const order = layers
    .map((_, i) => i)
    .sort((a, b) => sensitivities[a]!.signalToErrorDb - sensitivities[b]!.signalToErrorDb)
  return new Set(order.slice(0, Math.ceil(share * layers.length)).map(i => layers[i]!.weight))
}
