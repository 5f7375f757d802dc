import { Conv } from '../../../src/ops/conv.js'
import { ConvGradInput } from '../../../src/ops/conv-grad-input.js'
import { ConvGradWeight } from '../../../src/ops/conv-grad-weight.js'
import { ConvTranspose } from '../../../src/ops/conv-transpose.js'
import { type OpCase, x } from './case.js'

type Shape = readonly [number, number, number, number]

/** One convolution, from which the cases of Conv and of both its gradients come. */
interface Setting {
  title: string
  image: Shape
  kernels: Shape
  group?: number
  strides?: readonly [number, number]
  dilations?: readonly [number, number]
  /** Top, left, bottom, right. */
  pads?: readonly [number, number, number, number]
}

const settings: readonly Setting[] = [
  { title: '3x3 same', image: [2, 2, 4, 5], kernels: [3, 2, 3, 3], pads: [1, 1, 1, 1] },
  { title: '3x3 valid', image: [1, 2, 5, 4], kernels: [2, 2, 3, 3] },
  { title: '1x1', image: [2, 3, 3, 2], kernels: [2, 3, 1, 1] },
  { title: '1x1 stride 2', image: [2, 2, 5, 4], kernels: [3, 2, 1, 1], strides: [2, 2] },
  { title: '1x1 padded', image: [2, 2, 2, 3], kernels: [2, 2, 1, 1], pads: [1, 0, 2, 1] },
  { title: 'even kernel, asymmetric pads', image: [2, 2, 4, 4], kernels: [2, 2, 2, 4], pads: [0, 1, 1, 2] },
  {
    title: 'stride 2 on an even image',
    image: [2, 2, 6, 6],
    kernels: [2, 2, 3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
  },
  {
    title: 'stride 2 on an odd image',
    image: [2, 2, 5, 7],
    kernels: [2, 2, 3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
  },
  { title: 'stride 3 leaves rows untouched', image: [2, 1, 8, 9], kernels: [2, 1, 3, 2], strides: [3, 3] },
  {
    title: 'stride 3, kernel 2, gaps',
    image: [1, 2, 7, 8],
    kernels: [2, 2, 2, 2],
    strides: [3, 3],
    pads: [1, 0, 0, 1],
  },
  { title: 'strides differ', image: [2, 2, 5, 6], kernels: [2, 2, 3, 3], strides: [1, 2], pads: [1, 1, 1, 1] },
  {
    title: 'strides differ, other way',
    image: [2, 2, 6, 5],
    kernels: [2, 2, 3, 3],
    strides: [3, 1],
    pads: [2, 0, 1, 1],
  },
  { title: 'dilation 2', image: [2, 2, 6, 6], kernels: [2, 2, 3, 2], dilations: [2, 2], pads: [2, 1, 2, 1] },
  {
    title: 'dilations differ, stride 2',
    image: [2, 2, 7, 8],
    kernels: [2, 2, 2, 3],
    strides: [2, 2],
    dilations: [3, 2],
    pads: [1, 2, 0, 1],
  },
  { title: 'kernel as large as the image', image: [2, 2, 4, 3], kernels: [2, 2, 4, 3] },
  { title: 'kernel larger than the image', image: [1, 2, 2, 3], kernels: [2, 2, 5, 5], pads: [2, 2, 2, 2] },
  { title: 'pads beyond the reach of the kernel', image: [1, 2, 3, 3], kernels: [2, 2, 2, 2], pads: [2, 3, 1, 2] },
  {
    title: 'pads beyond the reach, stride 2',
    image: [1, 2, 3, 4],
    kernels: [2, 2, 2, 2],
    strides: [2, 2],
    pads: [3, 2, 2, 3],
  },
  { title: 'two groups', image: [2, 4, 4, 4], kernels: [6, 2, 3, 3], group: 2, pads: [1, 1, 1, 1] },
  {
    title: 'two groups, stride 2, dilation 2',
    image: [2, 4, 6, 7],
    kernels: [2, 2, 2, 3],
    group: 2,
    strides: [2, 2],
    dilations: [2, 2],
    pads: [1, 1, 1, 2],
  },
  { title: 'groups 1x1', image: [2, 6, 2, 3], kernels: [3, 2, 1, 1], group: 3 },
  { title: 'depthwise', image: [2, 3, 4, 5], kernels: [3, 1, 3, 3], group: 3, pads: [1, 1, 1, 1] },
  {
    title: 'depthwise, stride 2',
    image: [2, 3, 5, 6],
    kernels: [3, 1, 3, 3],
    group: 3,
    strides: [2, 2],
    pads: [1, 1, 1, 1],
  },
  {
    title: 'depthwise, dilation 2',
    image: [2, 2, 5, 6],
    kernels: [2, 1, 2, 3],
    group: 2,
    dilations: [2, 2],
    pads: [0, 2, 1, 1],
  },
  {
    title: 'depthwise, two kernels a channel',
    image: [2, 2, 5, 4],
    kernels: [4, 1, 3, 2],
    group: 2,
    strides: [2, 1],
    pads: [1, 0, 0, 1],
  },
  { title: 'one channel, one image', image: [1, 1, 5, 5], kernels: [1, 1, 3, 3], pads: [1, 1, 1, 1] },
  { title: 'rows only', image: [2, 2, 5, 1], kernels: [2, 2, 3, 1], pads: [1, 0, 1, 0] },
]

const sizeOfOutput = ({ image, kernels, strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0] }: Setting) =>
  [0, 1].map(a => {
    const room = image[a + 2]! + pads[a]! + pads[a + 2]! - dilations[a]! * (kernels[a + 2]! - 1) - 1
    return Math.floor(room / strides[a]!) + 1
  }) as [number, number]

const attributesOf = ({ kernels, group = 1, strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0] }: Setting) => ({
  kernel_shape: kernels.slice(2),
  group,
  strides,
  dilations,
  pads,
})

const threeCases = (setting: Setting, i: number): OpCase[] => {
  const { title, image, kernels } = setting
  const dy = x(image[0], kernels[0], ...sizeOfOutput(setting))
  const attributes = attributesOf(setting)
  return [
    {
      op: Conv,
      title,
      inputs: i % 2 ? [x(...image), x(...kernels)] : [x(...image), x(...kernels), x(kernels[0])],
      attributes,
    },
    {
      op: ConvGradInput,
      title,
      inputs: [dy, x(...kernels)],
      attributes: { ...attributes, input_shape: image.slice(2) },
    },
    { op: ConvGradWeight, title, inputs: [x(...image), dy], attributes },
  ]
}

const images = x(2, 2, 5, 6)
const automatic: readonly OpCase[] = [
  { op: Conv, title: 'no attributes', inputs: [images, x(2, 2, 2, 3)] },
  ...(['SAME_UPPER', 'SAME_LOWER', 'VALID'] as const).flatMap(auto_pad => [
    { op: Conv, title: `${auto_pad}, even kernel`, inputs: [images, x(2, 2, 2, 4), x(2)], attributes: { auto_pad } },
    {
      op: Conv,
      title: `${auto_pad}, stride 2`,
      inputs: [images, x(1, 2, 3, 3)],
      attributes: { auto_pad, strides: [2, 2] },
    },
  ]),
  {
    op: Conv,
    title: 'SAME_UPPER, dilation 2',
    inputs: [images, x(1, 2, 3, 2)],
    attributes: { auto_pad: 'SAME_UPPER', dilations: [2, 2] },
    noRuntime: 'ONNX Runtime refuses auto_pad on dilated windows; builders give explicit pads',
  },
]

const transposed: readonly OpCase[] = [
  { title: 'no attributes', inputs: [x(2, 2, 3, 2), x(2, 3, 2, 3)] },
  { title: 'bias, 3x3 same', inputs: [x(2, 2, 3, 4), x(2, 2, 3, 3), x(2)], attributes: { pads: [1, 1, 1, 1] } },
  { title: 'stride 2', inputs: [x(2, 2, 3, 4), x(2, 1, 3, 3)], attributes: { strides: [2, 2], pads: [1, 1, 1, 1] } },
  {
    title: 'stride 2, output_padding',
    inputs: [x(2, 2, 3, 2), x(2, 2, 3, 3), x(2)],
    attributes: { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] },
  },
  {
    title: 'stride 3, output_padding, asymmetric pads',
    inputs: [x(1, 2, 3, 2), x(2, 2, 2, 3)],
    attributes: { strides: [3, 2], pads: [1, 0, 0, 2], output_padding: [2, 1] },
  },
  {
    title: 'dilation 2',
    inputs: [x(2, 2, 3, 3), x(2, 2, 2, 3)],
    attributes: { dilations: [2, 2], pads: [1, 1, 0, 2] },
  },
  { title: 'groups', inputs: [x(2, 4, 3, 2), x(4, 2, 3, 2), x(4)], attributes: { group: 2, strides: [2, 1] } },
  { title: 'depthwise', inputs: [x(2, 3, 3, 3), x(3, 1, 2, 2)], attributes: { group: 3, strides: [2, 2] } },
  {
    title: 'SAME_UPPER',
    inputs: [x(1, 2, 3, 2), x(2, 2, 3, 4)],
    attributes: { auto_pad: 'SAME_UPPER', strides: [2, 2] },
  },
  {
    title: 'SAME_LOWER',
    inputs: [x(1, 2, 3, 2), x(2, 2, 3, 4)],
    attributes: { auto_pad: 'SAME_LOWER', strides: [2, 2] },
  },
  {
    title: 'output_shape',
    inputs: [x(1, 2, 3, 2), x(2, 2, 3, 3)],
    attributes: { output_shape: [6, 4], strides: [2, 2] },
  },
].map(given => ({ op: ConvTranspose, ...given }) as OpCase)

/** A symbolic batch is told from the weights by its size. */
const batchIsKnown = ({ op, inputs: [first, ...rest] }: OpCase): boolean =>
  op !== ConvGradWeight && rest.every(input => input?.shape[0] !== first!.shape[0])

export const cases: readonly OpCase[] = [...settings.flatMap(threeCases), ...automatic, ...transposed].map(c => ({
  ...c,
  batch: batchIsKnown(c),
}))
