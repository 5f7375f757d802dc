import { FoveaError } from '../../core/errors.js'
import type { Tensor } from '../../core/tensor.js'
import type { InferContext } from '../../onnx/operator.js'

/** An input whose bytes a shape rule needs (axes, a target shape ...); Fovea's graphs keep those constant. */
export function knownInput({ constant, where }: InferContext, i: number, what: string): Tensor {
  const held = constant(i)
  if (held) return held
  throw new FoveaError({
    where,
    expected: `${what} as a constant`,
    received: 'a computed value',
    fix: 'make it an initializer of the graph',
  })
}
