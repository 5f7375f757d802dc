import { float32, tensor } from '../../core/tensor.js'
import type { Value } from '../../onnx/ir.js'
import { cast } from '../cast.js'

/** Numbers as a constant of x's element type (see scalarLike). */
export function constantLike(x: Value, values: ArrayLike<number>, shape: readonly number[]): Value {
  if (x.dtype === 'float64') return x.graph.constant(tensor('float64', shape, Float64Array.from(values)))
  return cast(x.graph.constant(float32(values, shape)), x.dtype)
}
