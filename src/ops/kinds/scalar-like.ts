import { tensor } from '../../core/tensor.js'
import type { Value } from '../../onnx/ir.js'
import { cast } from '../cast.js'

/** A number as a constant of x's element type: operands of one node must agree, in float16 and float64 graphs too. */
export function scalarLike(x: Value, value: number): Value {
  if (x.dtype === 'float64') return x.graph.constant(tensor('float64', [], Float64Array.of(value)))
  return cast(x.graph.float(value), x.dtype)
}
