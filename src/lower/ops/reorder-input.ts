import type { Value } from '../../onnx/ir.js'
import { defineOp, type OpDefinition } from '../../onnx/operator.js'
import { NCHWC, notDifferentiated } from './vendor.js'

const definitions = new Map<number, OpDefinition>()

/** Plain [N, C, H, W] -> blocked, C a multiple of 4; zeros fill the last block. One definition for each block size. */
function definitionFor(block: number): OpDefinition {
  const ready = definitions.get(block)
  if (ready) return ready
  const made = defineOp({
    name: 'ReorderInput',
    domain: NCHWC,
    attributes: { channels_last: { type: 'int', default: 0 } },
    arity: [1, 1],
    infer({ types }) {
      const { dtype, shape } = types[0]!
      const [N, C, H, W] = shape as [number, number, number, number]
      return [{ dtype, shape: [N, Math.ceil(C / block) * block, H, W] }]
    },
    vjp: notDifferentiated,
  })
  definitions.set(block, made)
  return made
}

export const reorderInput = (x: Value, block: number): Value => x.graph.add(definitionFor(block), [x])
