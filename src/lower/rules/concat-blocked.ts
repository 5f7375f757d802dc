import type { Value } from '../../onnx/ir.js'
import { Concat, concat } from '../../ops/concat.js'
import { Split, split } from '../../ops/split.js'
import { filled, joined } from '../channel-slots.js'
import { notBlocked } from '../layouts.js'
import type { LayoutRule } from '../rule.js'

const joinsChannels = (shape: readonly unknown[], axis: unknown): boolean => shape.length === 4 && axis === 1

/**
 * Blocked images one behind the other along their channels. Where one does not fill its last block, the channels that
 * fill it stay between: plain images would be needed to close the gap, and everything after it would be slow.
 */
export const concatBlocked: LayoutRule = {
  name: 'concat-blocked',
  ops: [Concat],
  apply(node, { layouts }) {
    const operands = node.inputs as readonly [Value, ...Value[]]
    const [y] = node.outputs
    if (!joinsChannels(y!.shape, node.attributes.axis)) return 'not a concatenation of channels'
    if (!operands.some(x => layouts.blockedOrder(x))) return 'no operand is blocked'
    for (const x of operands) {
      const refusal = layouts.blockedOrder(x) ? undefined : notBlocked(x.shape[1] as number, layouts.block)
      if (refusal) return refusal
    }
    const images = operands.map(x => layouts.get(x, layouts.blockedOrder(x) ?? 'blocked'))
    const parts = operands.flatMap(x => layouts.parts(x))
    layouts.setParts(y!, concat(images as [Value, ...Value[]], 1), parts)
    return undefined
  },
}

/** Pieces of a blocked image, where each begins with a block. */
export const splitBlocked: LayoutRule = {
  name: 'split-blocked',
  ops: [Split],
  apply(node, { layouts }) {
    const [x] = node.inputs as [Value]
    if (!joinsChannels(x.shape, node.attributes.axis)) return 'not a division of channels'
    const order = layouts.blockedOrder(x)
    if (!order) return 'x is not blocked'
    const sizes = node.outputs.map(({ shape }) => shape[1] as number)
    const pieces = piecesOf(layouts.parts(x), sizes, layouts.block)
    if (!pieces) return 'a piece that begins inside a block'
    for (const [part, ...more] of pieces.map(parts => joined(parts, layouts.block))) {
      const refusal = more.length ? undefined : notBlocked(part!, layouts.block)
      if (refusal) return refusal
    }
    const fullSizes = pieces.map(parts => parts.reduce((sum, part) => sum + filled(part, layouts.block), 0))
    const images = split(layouts.get(x, order), fullSizes, 1)
    node.outputs.forEach((output, i) => {
      layouts.setParts(output, images[i]!, pieces[i]!)
    })
    return undefined
  },
}

/** Parts of each piece; undefined: a cut is neither between parts nor between blocks. */
function piecesOf(parts: readonly number[], sizes: readonly number[], block: number): number[][] | undefined {
  const left = [...parts]
  const pieces: number[][] = []
  for (const size of sizes) {
    const piece: number[] = []
    for (let wanted = size; wanted > 0; ) {
      const part = left.shift()!
      if (part > wanted && wanted % block) return undefined
      const taken = Math.min(part, wanted)
      piece.push(taken)
      if (taken < part) left.unshift(part - taken)
      wanted -= taken
    }
    pieces.push(piece)
  }
  return pieces
}
