import type { Value } from '../../onnx/ir.js'
import { ConvGradInput } from '../../ops/conv-grad-input.js'
import { type ConvFacts, heldFacts } from '../../ops/kinds/convolution.js'
import { imageOf } from '../../ops/kinds/window.js'
import { reshape } from '../../ops/reshape.js'
import { slice } from '../../ops/slice.js'
import { notBlocked } from '../layouts.js'
import { nchwcConv } from '../ops/nchwc-conv.js'
import type { LayoutRule } from '../rule.js'
import { interleave, spread } from './blocked-strides.js'
import { swappedBlocks } from './kernel-blocks.js'

/**
 * What pixels of x at positions ≡ r (mod stride) along an axis are reached by: taps `first`, `first` - stride, ...,
 * at `count` neighbouring rows (or columns) of dy, the first of which is `before` above that of dy's own position.
 */
interface Residue {
  first: number
  count: number
  before: number
  after: number
}

/**
 * Data gradient of a convolution with a stride. Pixels of x at the same position modulo the stride are reached by the
 * same taps, so each such set is an ordinary convolution of dy with a part of the kernel: four small ones for stride 2,
 * no zeros multiplied. Their results are laid between each other.
 */
export const convGradInputStrided: LayoutRule = {
  name: 'conv-grad-input-strided',
  ops: [ConvGradInput],
  apply(node, { layouts }) {
    const [dy, w] = node.inputs as [Value, Value]
    const facts = heldFacts(node.attributes)
    const [K, C] = w.shape as [number, number]
    const { block } = layouts
    if (facts.group !== 1) return 'grouped convolution'
    if (facts.strides.every(s => s === 1)) return 'stride 1'
    if (facts.dilations.some(d => d !== 1)) return 'dilated convolution'
    const unfilled = notBlocked(K, block) ?? notBlocked(C, block)
    if (unfilled) return unfilled
    const size = node.attributes.input_shape as unknown as [number, number]
    const counts = imageOf(dy.shape, node.name) as [number, number]
    const sides = ([0, 1] as const).map(axis => residues(facts, axis, size[axis], counts[axis]))
    const refusal = sides.find(side => typeof side === 'string')
    if (refusal) return refusal as string
    const [rows, columns] = sides as [Residue[], Residue[]]
    const kernel = swappedBlocks(layouts.get(w, 'plain'), block)
    const parts = rows.map(row =>
      columns.map(column =>
        nchwcConv(layouts.get(dy, 'blocked'), kernelPart(kernel, row, column, facts.strides), {
          kernel_shape: [row.count, column.count],
          pads: [row.before, column.before, row.after, column.after],
        }),
      ),
    )
    const dx = spread(
      interleave(parts, block),
      [facts.strides[0] / rows.length, facts.strides[1] / columns.length],
      block,
    )
    layouts.set(node.outputs[0]!, 'blocked', dx)
    return undefined
  },
}

/** One for each position modulo the stride, or the first alone where a kernel of one tap leaves zeros to the others. */
function residues({ strides, pads, kernel_shape }: ConvFacts, axis: 0 | 1, size: number, count: number) {
  const [stride, begin, taps] = [strides[axis], pads[axis], kernel_shape[axis]]
  if (size % stride) return `${size} pixels are no multiple of the stride of ${stride}`
  const lone = taps === 1 && begin === 0
  const found: Residue[] = []
  for (let r = 0; r < (lone ? 1 : stride); r++) {
    // y at o reads x at o · stride + tap - begin: x at h · stride + r is read by tap (r + begin) mod stride + i · stride
    // at o = h + offset, offset = (r + begin - tap) / stride.
    const least = (r + begin) % stride
    if (least >= taps) return 'pixels that no tap reaches'
    const first = least + stride * Math.floor((taps - 1 - least) / stride)
    const [lowest, highest] = [(r + begin - first) / stride, (r + begin - least) / stride]
    const after = size / stride + highest - count
    if (lowest > 0 || after < 0) return 'padding beyond the reach of the kernel'
    found.push({ first, count: highest - lowest + 1, before: -lowest, after })
  }
  return found
}

/** Every stride-th tap from the first one back, of kernels [C/b, K/b, kh, kw, b, b]; blocked. */
function kernelPart(
  kernel: Value,
  { first, count }: Residue,
  column: Residue,
  strides: readonly [number, number],
): Value {
  const [outer, inner, , , block] = kernel.shape as number[]
  const taps = slice(kernel, { starts: [first, column.first], axes: [2, 3], steps: [-strides[0], -strides[1]] })
  return reshape(taps, [outer! * block!, inner! * block!, count, column.count])
}
