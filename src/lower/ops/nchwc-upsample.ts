import type { Value } from '../../onnx/ir.js'
import { defineOp } from '../../onnx/operator.js'
import { NCHWC, notDifferentiated } from './vendor.js'

/** A blocked image whose rows and columns are repeated `scales` times: [1, 1, rows, columns]. */
export const NchwcUpsample = defineOp({
  name: 'Upsample',
  domain: NCHWC,
  attributes: { scales: { type: 'ints' }, mode: { type: 'string', default: 'nearest' } },
  arity: [1, 1],
  infer({ types, attributes }) {
    const { dtype, shape } = types[0]!
    const scales = attributes.scales as number[]
    return [{ dtype, shape: (shape as number[]).map((size, axis) => size * scales[axis]!) }]
  },
  vjp: notDifferentiated,
})

export const nchwcUpsample = (x: Value, [rows, columns]: readonly [number, number]): Value =>
  x.graph.add(NchwcUpsample, [x], { scales: [1, 1, rows, columns] })
