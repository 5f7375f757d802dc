import { add } from '../../ops/add.js'
import type { ActivationName } from '../activations.js'
import { heNormal } from '../init.js'
import { batchNormalization } from '../layers/batch-normalization.js'
import { conv2d, depthwiseConv2d } from '../layers/conv2d.js'
import { activation } from '../layers/shape.js'
import { type SqueezeExcitationOptions, squeezeExcitation } from '../layers/squeeze-excitation.js'
import { stochasticDepth } from '../layers/stochastic-depth.js'
import { numbered, sequential } from '../network.js'
import { group, type Layer } from '../scope.js'

/** timm's layers of mobile networks: padding of half the window on each side, no bias, PyTorch's normalisation. */
const convolution = (name: string, filters: number, kernelSize: number, strides = 1): Layer =>
  conv2d(filters, kernelSize, { name, strides, ...around(kernelSize), ...convolutional })
const depthwise = (kernelSize: number, strides: number): Layer =>
  depthwiseConv2d(kernelSize, { name: 'conv_dw', strides, ...around(kernelSize), ...convolutional })
const convolutional = { useBias: false, kernelInitializer: heNormal }
const around = (kernelSize: number) => {
  const half = kernelSize >> 1
  return { padding: [half, half, half, half] as const }
}
const norm = (name: string): Layer => batchNormalization({ name, momentum: 0.9, epsilon: 1e-5 })

/** Convolution, normalisation, activation. */
export const convNormAct = (
  names: readonly [string, string],
  filters: number,
  kernelSize: number,
  strides: number,
  act: ActivationName,
): Layer => sequential([convolution(names[0], filters, kernelSize, strides), norm(names[1]), activation(act)])

export interface MobileBlock {
  /** Channels that go in and come out. */
  channels: number
  filters: number
  kernelSize: number
  strides: number
  /** Channels between the two 1x1 convolutions; none: no first one, and the second is `conv_pw`. */
  expanded?: number
  /** Squeeze-excitation after the depthwise convolution. */
  excitation?: SqueezeExcitationOptions
  activation: ActivationName
  /** Rate at which images lose the inner way in training. */
  dropPath: number
}

/**
 * Sandler et al. 2018 (arXiv 1801.04381): 1x1 convolution to more channels, depthwise convolution, 1x1 convolution back
 * without an activation; a shortcut where the shape stays. Layers are named as in timm: conv_pw, bn1, conv_dw, bn2, se,
 * conv_pwl, bn3; without expansion conv_dw, bn1, se, conv_pw, bn2.
 */
export function invertedResidual(block: MobileBlock): Layer {
  const { channels, filters, kernelSize, strides, expanded, excitation, activation: act, dropPath } = block
  const gate = excitation ? [squeezeExcitation({ name: 'se', ...excitation })] : []
  const inner = expanded
    ? sequential([
        convNormAct(['conv_pw', 'bn1'], expanded, 1, 1, act),
        ...[depthwise(kernelSize, strides), norm('bn2'), activation(act), ...gate],
        ...[convolution('conv_pwl', filters, 1), norm('bn3')],
      ])
    : sequential([
        ...[depthwise(kernelSize, strides), norm('bn1'), activation(act), ...gate],
        ...[convolution('conv_pw', filters, 1), norm('bn2')],
      ])
  if (strides !== 1 || channels !== filters) return inner
  return (x, scope) => add(x, stochasticDepth(dropPath)(inner(x, scope), scope))
}

/** Equal blocks, a row of the papers' tables: the first changes the size and the channels. */
export interface MobileRow {
  repeats: number
  kernelSize: number
  strides: number
  filters: number
  /** Expanded channels in multiples of the incoming ones; 1: no expansion. */
  expansion: number
  excitation?: boolean
  activation: ActivationName
}

/** Rows under one number: timm counts blocks within it. */
export type MobileStage = readonly MobileRow[]

export interface MobileStages {
  stages: readonly MobileStage[]
  /** Channels that the stem gives. */
  channels: number
  /** Multiplies filters; the products are rounded by `roundChannels`. */
  width: number
  /** Squeeze-excitation of a block, from its incoming and its expanded channels. */
  excitation?: (channels: number, expanded: number) => SqueezeExcitationOptions
  /** Rate of stochastic depth at the last block; earlier ones have less, in proportion. */
  dropPath: number
}

/** The stages under the name `blocks`, as `blocks/STAGE/BLOCK/LAYER`. `after` follows as a further stage of one block. */
export function mobileStages({ stages, width, excitation, dropPath, ...options }: MobileStages, after?: Layer): Layer {
  const total = stages.flat().reduce((sum, row) => sum + row.repeats, 0)
  let { channels } = options
  let count = 0
  const blockOf = (row: MobileRow, first: boolean): Layer => {
    const filters = roundChannels(row.filters * width)
    const expanded = roundChannels(channels * row.expansion)
    const block = invertedResidual({
      channels,
      filters,
      kernelSize: row.kernelSize,
      strides: first ? row.strides : 1,
      ...(row.expansion === 1 ? {} : { expanded }),
      ...(row.excitation && excitation ? { excitation: excitation(channels, expanded) } : {}),
      activation: row.activation,
      dropPath: (dropPath * count++) / total,
    })
    channels = filters
    return block
  }
  const built = stages.map(stage =>
    stage.flatMap(row => Array.from({ length: row.repeats }, (_, i) => blockOf(row, i === 0))),
  )
  return group('blocks', numbered([...built, ...(after ? [[after]] : [])].map(numbered)))
}

/** The nearest multiple of 8, not more than a tenth below (the `make_divisible` of the MobileNets' authors). */
export function roundChannels(channels: number): number {
  const rounded = Math.max(8, Math.floor(channels / 8 + 0.5) * 8)
  return rounded < 0.9 * channels ? rounded + 8 : rounded
}

/** 'imagenet': images shrink by 32 in all. 'cifar': stem and first strided stage keep the size, so by 8, for 32 x 32. */
export type MobileStrides = 'imagenet' | 'cifar'

/** Strides of the stem, and the stages with theirs, for a kind of images. */
export function forStrides(strides: MobileStrides, stages: readonly MobileStage[]) {
  if (strides === 'imagenet') return { stem: 2, stages }
  const first = stages.flat().find(row => row.strides > 1)
  return { stem: 1, stages: stages.map(stage => stage.map(row => (row === first ? { ...row, strides: 1 } : row))) }
}
