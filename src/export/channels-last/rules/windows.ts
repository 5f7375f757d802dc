import { scalar } from '../../../core/tensor.js'
import type { Node, Value } from '../../../onnx/ir.js'
import { averageCounts } from '../../../ops/kinds/average.js'
import { exactEnd, imageOf, resolveWindow, tiles, type Window, windowCount } from '../../../ops/kinds/window.js'
import { mul } from '../../../ops/mul.js'
import { pad } from '../../../ops/pad.js'
import { floats, permuted } from '../constants.js'
import { AveragePool2D, CHANNELS_LAST, Conv2D, KERNEL_LAST, MaxPool2D, type Padding } from '../ops/windows.js'
import type { Placed } from '../placed.js'
import { inexpressible, known, type Rule } from '../target.js'

type Pair = readonly [number, number]

/** The fill that no maximum takes: the lowest float32. */
const LOWEST = -3.4028234663852886e38

const last = (value: Value): Placed => ({ value, order: CHANNELS_LAST })

/** Padding by rows and columns; negative: an image cut. [top, left, bottom, right] as axes [N, H, W, C]. */
const padded = (x: Value, [top, left, bottom, right]: readonly number[], fill?: number): Value =>
  pad(
    x,
    [0, top!, left!, 0, 0, bottom!, right!, 0],
    fill === undefined ? {} : { value: x.graph.constant(scalar(fill)) },
  )

/** The pads with which the last window ends at the padded edge, as ceil mode needs; rows never read stay unread. */
function reachingPads(window: Window, image: Pair, counts: Pair): [number, number, number, number] {
  const end = exactEnd(window, image, counts)
  const [top, left, bottom, right] = window.pads
  return [top, left, Math.max(end[0], bottom), Math.max(end[1], right)]
}

/** SAME, VALID, or neither, for windows that take `counts` places. */
export function paddingOf(window: Window, image: Pair, counts: Pair): Padding | undefined {
  const sides = ([0, 1] as const).map(axis => {
    const [stride, reach] = [window.strides[axis], (window.kernel_shape[axis] - 1) * window.dilations[axis] + 1]
    const total = Math.max((counts[axis] - 1) * stride + reach - image[axis], 0)
    return {
      same: counts[axis] === Math.ceil(image[axis] / stride) && window.pads[axis] === Math.floor(total / 2),
      valid: window.pads[axis] === 0 && counts[axis] === Math.floor((image[axis] - reach) / stride) + 1,
    }
  })
  if (sides.every(side => side.valid)) return 'VALID'
  return sides.every(side => side.same) ? 'SAME' : undefined
}

export const convolutions: Rule = (node, target) => {
  const [x, w, b] = node.inputs as [Value, Value, Value?]
  const kernel = known(node, 1, 'a kernel')
  const image = imageOf(x.shape, node.name)
  const window = resolveWindow(node.attributes, image, kernel.shape.slice(2), node.name)
  const counts = windowCount(window, image, node.name)
  const padding = paddingOf(window, image, counts)
  const images = target.in(x, CHANNELS_LAST)
  const filter = target.hold(permuted(kernel, KERNEL_LAST), w.name)
  const attributes = {
    strides: window.strides,
    dilations: window.dilations,
    group: node.attributes.group as number,
    padding: padding ?? 'VALID',
  }
  const source = padding ? images : target.graph.within(node.name, () => padded(images, window.pads))
  return [last(target.add(node, Conv2D, [source, filter, b && target.at(b).value], attributes))]
}

/** The window of a pooling node; the formats have no dilated one. */
function pooled(node: Node) {
  const image = imageOf(node.inputs[0]!.shape, node.name)
  const window = resolveWindow(node.attributes, image, node.attributes.kernel_shape as readonly number[], node.name)
  if (window.dilations.some(dilation => dilation !== 1))
    throw inexpressible(node, 'a pooling window without dilation', `dilations [${window.dilations.join(', ')}]`)
  const counts = windowCount(window, image, node.name, node.attributes.ceil_mode === 1)
  const { kernel_shape, strides } = window
  return { image, window, counts, attributes: { kernel_shape, strides }, padding: paddingOf(window, image, counts) }
}

export const maxPools: Rule = (node, target) => {
  const [indices] = node.outputs.slice(1)
  if (indices && (target.readersOf(indices).length > 0 || target.source.outputs.includes(indices)))
    throw inexpressible(node, 'max pooling without indices', 'a reader of them')
  const { image, window, counts, attributes, padding } = pooled(node)
  const images = target.in(node.inputs[0]!, CHANNELS_LAST)
  const source = padding
    ? images
    : target.graph.within(node.name, () => padded(images, reachingPads(window, image, counts), LOWEST))
  return [last(target.add(node, MaxPool2D, [source], { ...attributes, padding: padding ?? 'VALID' }))]
}

/** Windows whose padding the format would count wrongly are averaged over zeros and corrected by their real counts. */
export const averagePools: Rule = (node, target) => {
  const { image, window, counts, attributes, padding } = pooled(node)
  const includePad = node.attributes.count_include_pad === 1
  const images = target.in(node.inputs[0]!, CHANNELS_LAST)
  const plain =
    padding === 'VALID' || (padding === 'SAME' && !includePad) || tiles(window, exactEnd(window, image, counts))
  if (plain) return [last(target.add(node, AveragePool2D, [images], { ...attributes, padding: padding ?? 'VALID' }))]
  const cells = window.kernel_shape[0] * window.kernel_shape[1]
  const correction = Array.from(averageCounts(window, image, counts, includePad), count => cells / count)
  return target.graph.within(node.name, () => {
    const source = padded(images, reachingPads(window, image, counts))
    const mean = target.graph.add(AveragePool2D, [source], { ...attributes, padding: 'VALID' })
    if (correction.every(factor => factor === 1)) return [last(mean)]
    return [last(mul(mean, target.hold(floats([1, ...counts, 1], correction), 'cells')))]
  })
}
