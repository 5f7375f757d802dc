import {
  convNormAct,
  forStrides,
  type MobileStrides,
  mobileStages,
  roundChannels,
} from '../blocks/inverted-residual.js'
import { dense } from '../layers/dense.js'
import { dropout } from '../layers/dropout.js'
import { globalAveragePooling2d } from '../layers/pooling.js'
import { type Network, sequential } from '../network.js'

/** Width and depth multipliers, rate of dropout; the resolution that a size was made for is the reader's to choose. */
const sizes = {
  b0: { width: 1, depth: 1, rate: 0.2, lite: false },
  b1: { width: 1, depth: 1.1, rate: 0.2, lite: false },
  b2: { width: 1.1, depth: 1.2, rate: 0.3, lite: false },
  b3: { width: 1.2, depth: 1.4, rate: 0.3, lite: false },
  lite0: { width: 1, depth: 1, rate: 0.2, lite: true },
  lite1: { width: 1, depth: 1.1, rate: 0.2, lite: true },
  lite2: { width: 1.1, depth: 1.2, rate: 0.3, lite: true },
} as const
export type EfficientNetSize = keyof typeof sizes
export const efficientNetSizes = Object.keys(sizes) as [EfficientNetSize, ...EfficientNetSize[]]

export interface EfficientNetOptions {
  /** b0 to b3 of the paper; lite0 to lite2 without squeeze-excitation, with ReLU6 and a stem and head of fixed width. */
  size?: EfficientNetSize
  strides?: MobileStrides
  /** Rate before the last layer; default: the size's own. */
  dropout?: number | undefined
  /** Rate of stochastic depth at the last block. */
  dropPath?: number
}

/** Table 1 of the paper: repeats, window, strides, expansion, filters. */
const table = [
  [1, 3, 1, 1, 16],
  [2, 3, 2, 6, 24],
  [2, 5, 2, 6, 40],
  [3, 3, 2, 6, 80],
  [3, 5, 1, 6, 112],
  [4, 5, 2, 6, 192],
  [1, 3, 1, 6, 320],
] as const

/**
 * EfficientNet, Tan & Le 2019 (arXiv 1905.11946): 5.29 (b0), 7.79, 9.11 and 12.23 M parameters at 1000 classes; and the
 * Lite forms of its authors: 4.65 (lite0), 5.42 and 6.09 M. timm's names, its padding and its epsilon.
 */
export function efficientNet(classes: number, options: EfficientNetOptions = {}): Network {
  const { size = 'b0', strides = 'imagenet', dropPath = 0 } = options
  const { width, depth, rate, lite } = sizes[size]
  const act = lite ? 'relu6' : 'silu'
  const { stem, stages } = forStrides(
    strides,
    table.map(([repeats, kernelSize, stride, expansion, filters], i) => {
      const fixed = lite && (i === 0 || i === table.length - 1)
      const deep = fixed ? repeats : Math.ceil(repeats * depth)
      return [{ repeats: deep, kernelSize, strides: stride, expansion, filters, excitation: !lite, activation: act }]
    }),
  )
  const [first, last] = lite ? [32, 1280] : [roundChannels(32 * width), roundChannels(1280 * width)]
  return sequential([
    convNormAct(['conv_stem', 'bn1'], first, 3, stem, act),
    mobileStages({
      stages,
      channels: first,
      width,
      excitation: channels => ({ squeezed: Math.max(1, Math.round(channels / 4)), activation: 'silu' }),
      dropPath,
    }),
    convNormAct(['conv_head', 'bn2'], last, 1, 1, act),
    globalAveragePooling2d(),
    dropout(options.dropout ?? rate),
    dense(classes, { name: 'classifier' }),
  ])
}
