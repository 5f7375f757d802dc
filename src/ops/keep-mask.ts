import type { Value } from '../onnx/ir.js'
import { defineOp } from '../onnx/operator.js'
import { cast } from './cast.js'
import { greaterOrEqual } from './greater-or-equal.js'

/** y = [byte >= dropped] as a float32: 1 with probability 1 - dropped / 256 for a random byte. A composite: see Positive. */
export const KeepMask = defineOp({
  name: 'KeepMask',
  domain: 'fovea',
  attributes: { dropped: { type: 'int' } },
  arity: [1, 1],
  pointwise: true,
  infer: ({ types }) => [{ dtype: 'float32', shape: types[0]!.shape }],
  vjp: 'zero',
  evaluate: ({ inputs: [bytes], attributes }) => [
    { shape: bytes.shape, data: bytes.data.map(byte => (byte >= (attributes.dropped as number) ? 1 : 0)) },
  ],
  expand: ({ attributes }, [bytes]) => [
    cast(greaterOrEqual(cast(bytes, 'float32'), bytes.graph.float(attributes.dropped as number)), 'float32'),
  ],
})

export const keepMask = (bytes: Value, dropped: number): Value => bytes.graph.add(KeepMask, [bytes], { dropped })
