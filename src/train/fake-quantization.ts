import type { Weights } from '../nn/scope.js'
import type { Value } from '../onnx/ir.js'
import { abs } from '../ops/abs.js'
import { fakeQuantize } from '../ops/fake-quantize.js'
import { LEAST_SCALE, largestStep, RANGE_STEPS, type WeightFormat } from '../ops/kinds/quantization.js'
import { max } from '../ops/max.js'
import { min } from '../ops/min.js'
import { scale } from '../ops/mul.js'
import { reduceMax } from '../ops/reduce-max.js'
import { reduceMin } from '../ops/reduce-min.js'
import { sub } from '../ops/sub.js'

/** How the classifier will be quantised, for a training that knows of it. */
export interface QuantizationAware {
  /** One scale for each output channel of a kernel, or one for all of it. */
  weights: 'per-channel' | 'per-tensor'
  format: WeightFormat
}

export const QUANTIZATION_AWARE: QuantizationAware = { weights: 'per-channel', format: 'int7' }

/**
 * Weights and operands of products rounded as the quantised network will have them, gradients straight through the
 * rounding (Jacob et al. 2018, arXiv 1712.05877). Kernels by their largest magnitude; what they are multiplied with by
 * the range of this batch, zero included, in 256 steps. Batch normalisation needs no care: folding it multiplies each
 * channel of a kernel, and with it that channel's scale. `images` go into the first layer as they are: they were bytes.
 */
export function fakeQuantized(weights: Weights, images: Value, quantization: QuantizationAware): Weights {
  const rounded = new Map<Value, Value>()
  return {
    ...weights,
    parameter(spec) {
      const value = weights.parameter(spec)
      return spec.role === 'kernel' ? value.graph.within('quantize', () => roundedKernel(value, quantization)) : value
    },
    operand(x) {
      if (x === images) return x
      const known = rounded.get(x)
      if (known) return known
      const y = x.graph.within('quantize', () => roundedOperand(x))
      rounded.set(x, y)
      return y
    },
  }
}

function roundedKernel(kernel: Value, { weights, format }: QuantizationAware): Value {
  // [filters, ...] of a convolution, [in, units] of a dense layer: what does not count the outputs.
  const axes = kernel.shape.length === 2 ? [0] : kernel.shape.map((_, axis) => axis).slice(1)
  const largest = reduceMax(abs(kernel), weights === 'per-channel' ? axes : undefined)
  return fakeQuantize(kernel, usable(scale(largest, 1 / largestStep[format])))
}

function roundedOperand(x: Value): Value {
  const zero = x.graph.float(0)
  const [low, high] = [min(reduceMin(x, undefined, false), zero), max(reduceMax(x, undefined, false), zero)]
  return fakeQuantize(x, usable(scale(sub(high, low), 1 / RANGE_STEPS)))
}

const usable = (scale: Value): Value => max(scale, scale.graph.float(LEAST_SCALE))
