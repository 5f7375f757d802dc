import { globalAveragePool } from '../../ops/global-average-pool.js'
import type { ActivationName } from '../activations.js'
import {
  convNormAct,
  forStrides,
  type MobileStage,
  type MobileStrides,
  mobileStages,
  roundChannels,
} from '../blocks/inverted-residual.js'
import { heNormal } from '../init.js'
import { conv2d } from '../layers/conv2d.js'
import { dense } from '../layers/dense.js'
import { dropout } from '../layers/dropout.js'
import { flatten } from '../layers/shape.js'
import { type Network, sequential } from '../network.js'

export interface MobileNetV3Options {
  size?: 'large' | 'small'
  /** Multiplies the filters of the blocks (and of the stem, from 0.75 on), not of the head. */
  width?: number
  strides?: MobileStrides
  /** Rate before the last layer. */
  dropout?: number
  /** Rate of stochastic depth at the last block. */
  dropPath?: number
}

type Row = readonly [
  repeats: number,
  kernelSize: number,
  strides: number,
  expansion: number,
  filters: number,
  excitation: boolean,
  activation: ActivationName,
]

/** Rows of one resolution form a stage, as timm groups them: names count blocks within it. */
interface Size {
  stages: readonly (readonly Row[])[]
  /** Filters of the last stage's 1x1 convolution and of the head. */
  last: number
  head: number
}

/** Tables 1 and 2 of the paper; expansions that give its expanded sizes. */
const sizes: Readonly<Record<'large' | 'small', Size>> = {
  large: {
    stages: [
      [[1, 3, 1, 1, 16, false, 'relu']],
      [
        [1, 3, 2, 4, 24, false, 'relu'],
        [1, 3, 1, 3, 24, false, 'relu'],
      ],
      [[3, 5, 2, 3, 40, true, 'relu']],
      [
        [1, 3, 2, 6, 80, false, 'hardSwish'],
        [1, 3, 1, 2.5, 80, false, 'hardSwish'],
        [2, 3, 1, 2.3, 80, false, 'hardSwish'],
      ],
      [[2, 3, 1, 6, 112, true, 'hardSwish']],
      [[3, 5, 2, 6, 160, true, 'hardSwish']],
    ],
    last: 960,
    head: 1280,
  },
  small: {
    stages: [
      [[1, 3, 2, 1, 16, true, 'relu']],
      [
        [1, 3, 2, 4.5, 24, false, 'relu'],
        [1, 3, 1, 3.67, 24, false, 'relu'],
      ],
      [
        [1, 5, 2, 4, 40, true, 'hardSwish'],
        [2, 5, 1, 6, 40, true, 'hardSwish'],
      ],
      [[2, 5, 1, 3, 48, true, 'hardSwish']],
      [[3, 5, 2, 6, 96, true, 'hardSwish']],
    ],
    last: 576,
    head: 1024,
  },
}

const stageOf = (rows: readonly Row[]): MobileStage =>
  rows.map(([repeats, kernelSize, strides, expansion, filters, excitation, activation]) => ({
    repeats,
    kernelSize,
    strides,
    expansion,
    filters,
    excitation,
    activation,
  }))

/** MobileNetV3, Howard et al. 2019 (arXiv 1905.02244): 5,483,032 (large) and 2,542,856 (small) parameters. timm's names. */
export function mobileNetV3(classes: number, options: MobileNetV3Options = {}): Network {
  const { size = 'large', width = 1, strides = 'imagenet', dropout: rate = 0.2, dropPath = 0 } = options
  const { stages: rows, last, head } = sizes[size]
  const { stem, stages } = forStrides(strides, rows.map(stageOf))
  const channels = width < 0.75 ? 16 : roundChannels(16 * width)
  return sequential([
    convNormAct(['conv_stem', 'bn1'], channels, 3, stem, 'hardSwish'),
    mobileStages(
      {
        stages,
        channels,
        width,
        excitation: (_, expanded) => ({ squeezed: roundChannels(expanded / 4), gate: 'hardSigmoid' }),
        dropPath,
      },
      convNormAct(['conv', 'bn1'], roundChannels(last * width), 1, 1, 'hardSwish'),
    ),
    x => globalAveragePool(x),
    conv2d(head, 1, { name: 'conv_head', activation: 'hardSwish', kernelInitializer: heNormal }),
    flatten(),
    dropout(rate),
    dense(classes, { name: 'classifier' }),
  ])
}
