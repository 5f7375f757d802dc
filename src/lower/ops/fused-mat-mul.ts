import type { Value, ValueType } from '../../onnx/ir.js'
import { defineOp } from '../../onnx/operator.js'
import { MatMul } from '../../ops/mat-mul.js'
import { MICROSOFT, notDifferentiated } from './vendor.js'

const swapped = ({ dtype, shape }: ValueType): ValueType => ({
  dtype,
  shape: [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!],
})

/** alpha · op(a) · op(b), batched; op transposes the last two axes where asked. */
export const FusedMatMul = defineOp({
  name: 'FusedMatMul',
  domain: MICROSOFT,
  attributes: {
    alpha: { type: 'float', default: 1 },
    transA: { type: 'int', default: 0 },
    transB: { type: 'int', default: 0 },
    transBatchA: { type: 'int', default: 0 },
    transBatchB: { type: 'int', default: 0 },
  },
  arity: [2, 2],
  infer(context) {
    const [a, b] = context.types as [ValueType, ValueType]
    const { transA, transB } = context.attributes
    return MatMul.infer({ ...context, attributes: {}, types: [transA ? swapped(a) : a, transB ? swapped(b) : b] })
  },
  vjp: notDifferentiated,
})

export interface FusedMatMulOptions {
  alpha?: number
  transA?: 0 | 1
  transB?: 0 | 1
}

export const fusedMatMul = (a: Value, b: Value, options: FusedMatMulOptions): Value =>
  a.graph.add(FusedMatMul, [a, b], { ...options })
