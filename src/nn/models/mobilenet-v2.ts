import {
  convNormAct,
  forStrides,
  type MobileStage,
  type MobileStrides,
  mobileStages,
  roundChannels,
} from '../blocks/inverted-residual.js'
import { dense } from '../layers/dense.js'
import { dropout } from '../layers/dropout.js'
import { globalAveragePooling2d } from '../layers/pooling.js'
import { type Network, sequential } from '../network.js'

export interface MobileNetV2Options {
  /** Multiplies the filters of every layer; the last convolution has 1280 at least. */
  width?: number
  strides?: MobileStrides
  /** Rate before the last layer. */
  dropout?: number
  /** Rate of stochastic depth at the last block. */
  dropPath?: number
}

/** Table 2 of the paper: expansion, filters, repeats, strides. */
const table: readonly MobileStage[] = (
  [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ] as const
).map(([expansion, filters, repeats, strides]) => [
  { expansion, filters, repeats, strides, kernelSize: 3, activation: 'relu6' },
])

/** MobileNetV2, Sandler et al. 2018 (arXiv 1801.04381): 3,504,872 parameters at width 1 and 1000 classes. timm's names. */
export function mobileNetV2(classes: number, options: MobileNetV2Options = {}): Network {
  const { width = 1, strides = 'imagenet', dropout: rate = 0.2, dropPath = 0 } = options
  const { stem, stages } = forStrides(strides, table)
  const channels = roundChannels(32 * width)
  return sequential([
    convNormAct(['conv_stem', 'bn1'], channels, 3, stem, 'relu6'),
    mobileStages({ stages, channels, width, dropPath }),
    convNormAct(['conv_head', 'bn2'], Math.max(1280, roundChannels(1280 * width)), 1, 1, 'relu6'),
    globalAveragePooling2d(),
    dropout(rate),
    dense(classes, { name: 'classifier' }),
  ])
}
