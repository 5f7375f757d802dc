import { UsageError } from '../../core/errors.js'
import { add } from '../../ops/add.js'
import { truncatedNormal } from '../init.js'
import { conv2d, depthwiseConv2d } from '../layers/conv2d.js'
import { dense } from '../layers/dense.js'
import { dropout } from '../layers/dropout.js'
import { layerNormalization } from '../layers/layer-normalization.js'
import { layerScale } from '../layers/layer-scale.js'
import { globalAveragePooling2d } from '../layers/pooling.js'
import { stochasticDepth } from '../layers/stochastic-depth.js'
import { type Network, numbered, sequential } from '../network.js'
import { group, type Layer } from '../scope.js'
import { imagesOf, tokensOf } from '../tokens.js'

export interface ConvNeXtOptions {
  /** Blocks of each stage. */
  depths?: readonly number[]
  /** Channels of each stage. */
  dims?: readonly number[]
  /** Size and stride of the stem; every further stage halves the size again. */
  patchSize?: number
  /** Window of the depthwise convolutions, odd. */
  kernelSize?: number
  /** Factors of the residual ways at the start. */
  layerScaleInitial?: number
  /** Rate before the last layer. */
  dropout?: number
  /** Rate of stochastic depth at the last block; earlier ones have less, in proportion. */
  dropPath?: number
}

const start = { kernelInitializer: truncatedNormal(0.02) }

/** Depthwise convolution, then two dense layers at every pixel, whose result is scaled and added. */
function block(dim: number, kernelSize: number, initial: number, dropPath: number): Layer {
  const half = kernelSize >> 1
  const mix = depthwiseConv2d(kernelSize, { name: 'conv_dw', padding: [half, half, half, half], ...start })
  const perPixel = sequential([
    layerNormalization({ name: 'norm' }),
    group(
      'mlp',
      sequential([
        dense(4 * dim, { name: 'fc1', activation: 'gelu', ...start }),
        dense(dim, { name: 'fc2', ...start }),
      ]),
    ),
    layerScale(initial, { name: 'gamma' }),
  ])
  return (x, scope) => {
    const [height, width] = x.shape.slice(2) as [number, number]
    const inner = imagesOf(perPixel(tokensOf(mix(x, scope)), scope), height, width)
    return add(x, stochasticDepth(dropPath)(inner, scope))
  }
}

/**
 * ConvNeXt, Liu et al. 2022 (arXiv 2201.03545); by default the tiny one: 28,589,128 parameters at 1000 classes. timm's
 * names and its epsilon of 1e-6.
 */
export function convNeXt(classes: number, options: ConvNeXtOptions = {}): Network {
  const { depths = [3, 3, 9, 3], dims = [96, 192, 384, 768], patchSize = 4, kernelSize = 7 } = options
  const { layerScaleInitial = 1e-6, dropout: rate = 0, dropPath = 0 } = options
  check(depths, dims, kernelSize)
  const last = Math.max(1, depths.reduce((sum, depth) => sum + depth, 0) - 1)
  let count = 0
  const stages = depths.map((depth, i) => {
    const dim = dims[i]!
    const blocks = Array.from({ length: depth }, () =>
      block(dim, kernelSize, layerScaleInitial, (dropPath * count++) / last),
    )
    const halve = [layerNormalization({ name: '0' }), conv2d(dim, 2, { name: '1', strides: 2, ...start })]
    return sequential([...(i > 0 ? [group('downsample', sequential(halve))] : []), group('blocks', numbered(blocks))])
  })
  return sequential([
    group(
      'stem',
      sequential([
        conv2d(dims[0]!, patchSize, { name: '0', strides: patchSize, ...start }),
        layerNormalization({ name: '1' }),
      ]),
    ),
    group('stages', numbered(stages)),
    globalAveragePooling2d(),
    group(
      'head',
      sequential([layerNormalization({ name: 'norm' }), dropout(rate), dense(classes, { name: 'fc', ...start })]),
    ),
  ])
}

function check(depths: readonly number[], dims: readonly number[], kernelSize: number): void {
  const where = 'convNeXt'
  if (depths.length !== dims.length || depths.length === 0)
    throw new UsageError({
      where,
      expected: 'as many dims as depths, at least one',
      received: `${depths.length} depths and ${dims.length} dims`,
    })
  if (kernelSize % 2 !== 1) throw new UsageError({ where, expected: 'an odd kernelSize', received: String(kernelSize) })
}
