import { FoveaError } from '../../../core/errors.js'
import { type Tensor, tensor } from '../../../core/tensor.js'
import type { Node, Value } from '../../../onnx/ir.js'
import { add } from '../../../ops/add.js'
import { concat } from '../../../ops/concat.js'
import { imageOf } from '../../../ops/kinds/window.js'
import { slice } from '../../../ops/slice.js'
import { split } from '../../../ops/split.js'
import { permuted, taken } from '../constants.js'
import { CHANNELS_LAST, Conv2DTranspose, type Padding, transposedCrop } from '../ops/windows.js'
import { known, type Rule } from '../target.js'

/** The kernel [.., kh, kw] with zeros between its cells: what a dilated convolution is. */
function dilated(kernel: Tensor, [down, across]: readonly number[]): Tensor {
  if (down === 1 && across === 1) return kernel
  const [C, K, kh, kw] = kernel.shape as [number, number, number, number]
  const [rows, columns] = [(kh - 1) * down! + 1, (kw - 1) * across! + 1]
  const data = new Float32Array(C * K * rows * columns)
  kernel.data.forEach((value: number | bigint, i: number) => {
    const [plane, h, w] = [Math.floor(i / (kh * kw)), Math.floor(i / kw) % kh, i % kw]
    data[(plane * rows + h * down!) * columns + w * across!] = Number(value)
  })
  return tensor('float32', [C, K, rows, columns], data)
}

/** What ONNX crops from the top and left: pads, or for auto_pad and output_shape the standard's own rule. */
function cropOf(node: Node, image: readonly number[], kernel: readonly number[], size: readonly number[]): number[] {
  const { pads, auto_pad, output_shape, strides, output_padding } = node.attributes
  const given = auto_pad === 'NOTSET' && output_shape === undefined
  if (given || auto_pad === 'VALID') return ((pads as readonly number[] | undefined) ?? [0, 0]).slice(0, 2)
  return [0, 1].map(axis => {
    const extra = (output_padding as readonly number[] | undefined)?.[axis] ?? 0
    const full = (strides as readonly number[])[axis]! * (image[axis]! - 1) + extra + kernel[axis]!
    const total = Math.max(full - size[axis]!, 0)
    return auto_pad === 'SAME_UPPER' ? Math.floor(total / 2) : total - Math.floor(total / 2)
  })
}

/** The padding that makes exactly this output, or the whole VALID one to be cropped. */
function formOf(image: readonly number[], kernel: readonly number[], strides: readonly number[], wanted: Crop) {
  const fits = (padding: Padding): boolean =>
    [0, 1].every(axis => {
      const size = wanted.size[axis]!
      const [stride, k] = [strides[axis]!, kernel[axis]!]
      const count = padding === 'SAME' ? Math.ceil(size / stride) : Math.floor((size - k) / stride) + 1
      return count === image[axis] && transposedCrop(image[axis]!, k, stride, size, padding) === wanted.begin[axis]
    })
  const exact = (['VALID', 'SAME'] as const).find(fits)
  if (exact) return { padding: exact, size: wanted.size, crop: undefined }
  const full = [0, 1].map(axis =>
    Math.max((image[axis]! - 1) * strides[axis]! + kernel[axis]!, wanted.begin[axis]! + wanted.size[axis]!),
  )
  return { padding: 'VALID' as const, size: full, crop: wanted }
}

interface Crop {
  begin: readonly number[]
  size: readonly number[]
}

export const transposedConvolutions: Rule = (node, target) => {
  const [x, w, b] = node.inputs as [Value, Value, Value?]
  const strides = node.attributes.strides as readonly number[]
  const group = node.attributes.group as number
  const kernel = dilated(known(node, 1, 'a kernel'), node.attributes.dilations as readonly number[])
  const image = imageOf(x.shape, node.name)
  const size = imageOf(node.outputs[0]!.shape, node.name)
  const begin = cropOf(node, image, kernel.shape.slice(2), size)
  if (begin.some(n => n < 0)) throw new FoveaError({ where: node.name, expected: 'pads >= 0', received: String(begin) })
  const form = formOf(image, kernel.shape.slice(2), strides, { begin, size })
  const channels = kernel.shape[0]! / group
  const images = target.in(x, CHANNELS_LAST)
  const value = target.graph.within(node.name, () => {
    const sources = group === 1 ? [images] : split(images, new Array(group).fill(channels), 3)
    const results = sources.map((source, g) => {
      const own = taken(
        kernel,
        Array.from({ length: channels }, (_, c) => g * channels + c),
        0,
      )
      const filter = target.hold(permuted(own, [2, 3, 1, 0]), w.name)
      return target.graph.add(Conv2DTranspose, [source, filter], {
        strides,
        padding: form.padding,
        output_size: form.size,
      })
    }) as [Value, ...Value[]]
    const joined = results.length === 1 ? results[0] : concat(results, 3)
    const cropped = form.crop
      ? slice(joined, { starts: begin, ends: begin.map((n, axis) => n + size[axis]!), axes: [1, 2] })
      : joined
    return b ? add(cropped, target.at(b).value) : cropped
  })
  return [{ value, order: CHANNELS_LAST }]
}
