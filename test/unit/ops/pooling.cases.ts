import { AveragePool } from '../../../src/ops/average-pool.js'
import { AveragePoolGrad } from '../../../src/ops/average-pool-grad.js'
import { GlobalAveragePool } from '../../../src/ops/global-average-pool.js'
import { MaxPool } from '../../../src/ops/max-pool.js'
import { MaxPoolGrad } from '../../../src/ops/max-pool-grad.js'
import { type CaseInput, type OpCase, x } from './case.js'

type Pair = readonly [number, number]

/** One window over images of one size. */
interface Setting {
  title: string
  image: readonly [number, number, number, number]
  kernel: Pair
  strides?: Pair
  dilations?: Pair
  /** Top, left, bottom, right. */
  pads?: readonly [number, number, number, number]
  ceil_mode?: 0 | 1
  auto_pad?: string
  noRuntime?: string
}

const settings: readonly Setting[] = [
  { title: '2x2 tiles', image: [2, 2, 4, 6], kernel: [2, 2], strides: [2, 2] },
  { title: '2x2 tiles, odd image', image: [2, 2, 5, 7], kernel: [2, 2], strides: [2, 2] },
  { title: '3x2 tiles', image: [1, 2, 7, 4], kernel: [3, 2], strides: [3, 2] },
  { title: 'the whole image', image: [2, 2, 3, 4], kernel: [3, 4], strides: [3, 4] },
  { title: '1x1', image: [1, 2, 3, 2], kernel: [1, 1] },
  { title: '1x1 stride 2', image: [1, 2, 5, 4], kernel: [1, 1], strides: [2, 2] },
  { title: '2x2 tiles, ceil mode on an odd image', image: [2, 2, 5, 5], kernel: [2, 2], strides: [2, 2], ceil_mode: 1 },
  {
    title: '2x2 tiles, ceil mode on an even image',
    image: [1, 2, 4, 4],
    kernel: [2, 2],
    strides: [2, 2],
    ceil_mode: 1,
  },
  { title: '3x3 stride 1', image: [1, 2, 5, 4], kernel: [3, 3] },
  { title: '3x3 stride 2', image: [2, 1, 6, 7], kernel: [3, 3], strides: [2, 2] },
  { title: '3x3 stride 2 padded', image: [2, 2, 6, 5], kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  {
    title: '3x3 stride 2 padded, ceil mode',
    image: [2, 2, 6, 5],
    kernel: [3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    ceil_mode: 1,
  },
  {
    title: 'ceil mode drops a window beyond the image',
    image: [1, 1, 3, 3],
    kernel: [2, 2],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    ceil_mode: 1,
  },
  {
    title: 'ceil mode drops a window that starts in the last gap',
    image: [1, 1, 3, 5],
    kernel: [2, 2],
    strides: [3, 1],
    ceil_mode: 1,
    noRuntime: 'ONNX Runtime 1.30 infers one window more than it computes there',
  },
  { title: 'asymmetric pads', image: [1, 2, 4, 5], kernel: [3, 2], strides: [2, 1], pads: [0, 1, 2, 0] },
  { title: 'gaps between windows', image: [1, 2, 8, 7], kernel: [2, 2], strides: [3, 4] },
  { title: 'strides differ', image: [1, 2, 5, 6], kernel: [2, 3], strides: [1, 3] },
  { title: 'SAME_UPPER', image: [1, 2, 5, 6], kernel: [3, 2], strides: [2, 2], auto_pad: 'SAME_UPPER' },
  { title: 'SAME_LOWER', image: [1, 2, 5, 6], kernel: [3, 2], strides: [2, 1], auto_pad: 'SAME_LOWER' },
  {
    title: 'SAME_UPPER, dilation',
    image: [1, 2, 5, 6],
    kernel: [3, 2],
    dilations: [2, 2],
    strides: [2, 1],
    auto_pad: 'SAME_UPPER',
    noRuntime: 'ONNX Runtime forgets the dilation under auto_pad; builders give explicit pads',
  },
  { title: 'VALID', image: [1, 2, 5, 6], kernel: [3, 2], strides: [2, 2], auto_pad: 'VALID' },
  { title: 'dilation', image: [1, 2, 6, 6], kernel: [2, 3], dilations: [2, 2], strides: [1, 1] },
  {
    title: 'dilation, stride, pads',
    image: [1, 2, 7, 6],
    kernel: [2, 2],
    dilations: [3, 2],
    strides: [2, 3],
    pads: [1, 1, 0, 1],
  },
]

const attributesOf = ({ kernel, title: _, image: __, noRuntime: ___, ...rest }: Setting) => ({
  kernel_shape: kernel,
  ...rest,
})

const exempt = ({ noRuntime }: Setting): Pick<OpCase, 'noRuntime'> => (noRuntime ? { noRuntime } : {})

/** Height and width of what the window gives, and its pads in full. */
function resolved(setting: Setting) {
  const { image, kernel, strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0], ceil_mode = 0 } = setting
  const counts = ([0, 1] as const).map(a => {
    const room = (image[a + 2]! + pads[a] + pads[a + 2]! - dilations[a] * (kernel[a] - 1) - 1) / strides[a]
    const count = (ceil_mode ? Math.ceil(room) : Math.floor(room)) + 1
    return ceil_mode && (count - 1) * strides[a] >= image[a + 2]! + pads[a] ? count - 1 : count
  })
  const window = { kernel_shape: kernel, strides, dilations, pads }
  return { y: x(image[0], image[1], counts[0]!, counts[1]!), window }
}

const explicit = settings.filter(({ auto_pad }) => auto_pad === undefined)

const maxCases = settings.map(
  (setting): OpCase => ({
    op: MaxPool,
    title: setting.title,
    inputs: [x(...setting.image)],
    attributes: attributesOf(setting),
    batch: true,
    ...exempt(setting),
  }),
)

const averageCases = settings.flatMap(setting =>
  [0, 1].map(
    (count_include_pad): OpCase => ({
      op: AveragePool,
      title: `${setting.title}${count_include_pad ? ', padding counted' : ''}`,
      inputs: [x(...setting.image)],
      attributes: { ...attributesOf(setting), count_include_pad },
      batch: true,
      ...exempt(setting),
    }),
  ),
)

const averageGradCases = explicit.flatMap(setting =>
  [0, 1].map((count_include_pad): OpCase => {
    const { y, window } = resolved(setting)
    const attributes = { ...window, count_include_pad, input_shape: setting.image.slice(2) }
    const title = `${setting.title}${count_include_pad ? ', padding counted' : ''}`
    return { op: AveragePoolGrad, title, inputs: [y], attributes, batch: true }
  }),
)

/** Small whole numbers: most windows hold their maximum more than once. */
const tied = (...shape: number[]): CaseInput => {
  const size = shape.reduce((a, b) => a * b)
  return { shape, values: Array.from({ length: size }, (_, i) => ((i * 7 + (i >> 2) * 5) % 4) - 3) }
}

/** The maxima of each window, so that x, y and dy belong together. */
function maxima({ shape, values }: CaseInput, setting: Setting): CaseInput {
  const { y, window } = resolved(setting)
  const [H, W] = shape.slice(2) as [number, number]
  const [Ho, Wo] = y.shape.slice(2) as [number, number]
  const { kernel_shape: k, strides: s, dilations: d, pads: p } = window
  const taps = Array.from({ length: k[0] * k[1] }, (_, tap) => [Math.floor(tap / k[1]), tap % k[1]] as const)
  const largest = (plane: number, o: number, q: number): number =>
    taps.reduce((top, [i, j]) => {
      const [row, column] = [o * s[0] + i * d[0] - p[0], q * s[1] + j * d[1] - p[1]]
      const inside = row >= 0 && row < H && column >= 0 && column < W
      return inside ? Math.max(top, values![(plane * H + row) * W + column]!) : top
    }, -Infinity)
  const count = y.shape.reduce((a, b) => a * b)
  return {
    shape: y.shape,
    values: Array.from({ length: count }, (_, flat) =>
      largest(Math.floor(flat / (Ho * Wo)), Math.floor(flat / Wo) % Ho, flat % Wo),
    ),
  }
}

const maxGradCases = explicit.map((setting): OpCase => {
  const image = tied(...setting.image)
  const { y, window } = resolved(setting)
  return {
    op: MaxPoolGrad,
    title: `${setting.title}, ties`,
    inputs: [image, maxima(image, setting), y],
    attributes: { ...window },
    batch: true,
  }
})

const globalCases: readonly OpCase[] = [
  { op: GlobalAveragePool, title: 'images', inputs: [x(2, 3, 3, 4)], batch: true },
  { op: GlobalAveragePool, title: 'one pixel', inputs: [x(2, 2, 1, 1)], batch: true },
  { op: GlobalAveragePool, title: 'signals', inputs: [x(2, 2, 5)], batch: true },
]

export const cases: readonly OpCase[] = [
  ...maxCases,
  ...maxGradCases,
  ...averageCases,
  ...averageGradCases,
  ...globalCases,
]
