import type { Value } from '../../../onnx/ir.js'
import type { AttributeSpec, Attributes } from '../../../onnx/operator.js'
import { averagePool } from '../../../ops/average-pool.js'
import { conv } from '../../../ops/conv.js'
import { convTranspose } from '../../../ops/conv-transpose.js'
import { maxPool } from '../../../ops/max-pool.js'
import { transpose } from '../../../ops/transpose.js'
import { composite } from './composite.js'

/** [N, H, W, C] from [N, C, H, W], and back. */
export const CHANNELS_LAST = [0, 2, 3, 1] as const
const CHANNELS_FIRST = [0, 3, 1, 2] as const
/** [kh, kw, in, out] from ONNX's [out, in, kh, kw], and back. */
export const KERNEL_LAST = [2, 3, 1, 0] as const
const KERNEL_FIRST = [3, 2, 0, 1] as const

/** TensorFlow's two ways of padding; every other one is a Pad before a VALID window. */
export type Padding = 'SAME' | 'VALID'

const window = {
  strides: { type: 'ints', default: [1, 1] },
  padding: { type: 'string' },
} as const satisfies Record<string, AttributeSpec>

const ofImages = (x: Value, build: (images: Value) => Value): Value =>
  transpose(build(transpose(x, CHANNELS_FIRST)), CHANNELS_LAST)

const onnxWindow = ({ strides, padding }: Attributes) => ({
  strides: strides as readonly number[],
  auto_pad: padding === 'SAME' ? ('SAME_UPPER' as const) : ('VALID' as const),
})

/** Convolution. x [N, H, W, C], filter [kh, kw, C / group, K], bias [K] -> [N, H', W', K]. */
export const Conv2D = composite({
  name: 'Conv2D',
  attributes: { ...window, dilations: { type: 'ints', default: [1, 1] }, group: { type: 'int', default: 1 } },
  arity: [2, 3],
  build: ([x, filter, bias], attributes) =>
    ofImages(x, images =>
      conv(images, transpose(filter, KERNEL_FIRST), bias, {
        ...onnxWindow(attributes),
        dilations: attributes.dilations as readonly number[],
        group: attributes.group as number,
      }),
    ),
})

/** How much SAME or VALID crops from the front of the full transposed convolution. */
export function transposedCrop(image: number, kernel: number, stride: number, size: number, padding: Padding): number {
  return padding === 'SAME' ? Math.floor(Math.max((image - 1) * stride + kernel - size, 0) / 2) : 0
}

/**
 * Transposed convolution: the data gradient of a Conv2D that makes x from an image of `output_size`.
 * x [N, H, W, C], filter [kh, kw, K, C], bias [K] -> [N, ...output_size, K].
 */
export const Conv2DTranspose = composite({
  name: 'Conv2DTranspose',
  attributes: { ...window, output_size: { type: 'ints' } },
  arity: [2, 3],
  build: ([x, filter, bias], { strides, padding, output_size }) => {
    const pairs = [0, 1].map(axis => {
      const [image, kernel] = [x.shape[axis + 1] as number, filter.shape[axis] as number]
      const [stride, size] = [(strides as readonly number[])[axis]!, (output_size as readonly number[])[axis]!]
      const begin = transposedCrop(image, kernel, stride, size, padding as Padding)
      const end = (image - 1) * stride + kernel - begin - size
      return { begin, end: Math.max(end, 0), extra: Math.max(-end, 0) }
    }) as [Sides, Sides]
    return ofImages(x, images =>
      convTranspose(images, transpose(filter, [3, 2, 0, 1]), bias, {
        strides: strides as readonly number[],
        pads: [pairs[0].begin, pairs[1].begin, pairs[0].end, pairs[1].end],
        output_padding: [pairs[0].extra, pairs[1].extra],
      }),
    )
  },
})

interface Sides {
  begin: number
  end: number
  extra: number
}

const pooling = { ...window, kernel_shape: { type: 'ints' } } as const

/** Greatest value of each window; padding never wins. [N, H, W, C] -> [N, H', W', C]. */
export const MaxPool2D = composite({
  name: 'MaxPool2D',
  attributes: pooling,
  arity: [1, 1],
  build: ([x], attributes) =>
    ofImages(x, images =>
      maxPool(images, { ...onnxWindow(attributes), kernel_shape: attributes.kernel_shape as readonly number[] }),
    ),
})

/** Mean of each window, padding not counted. [N, H, W, C] -> [N, H', W', C]. */
export const AveragePool2D = composite({
  name: 'AveragePool2D',
  attributes: pooling,
  arity: [1, 1],
  build: ([x], attributes) =>
    ofImages(x, images =>
      averagePool(images, { ...onnxWindow(attributes), kernel_shape: attributes.kernel_shape as readonly number[] }),
    ),
})
