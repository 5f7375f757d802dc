import type { Value } from '../../onnx/ir.js'
import { add } from '../../ops/add.js'
import { reduceMean } from '../../ops/reduce-mean.js'
import { reshape } from '../../ops/reshape.js'
import { slice } from '../../ops/slice.js'
import { truncatedNormal } from '../init.js'
import { dense } from '../layers/dense.js'
import { dropout } from '../layers/dropout.js'
import { layerNormalization } from '../layers/layer-normalization.js'
import { layerScale } from '../layers/layer-scale.js'
import { multiHeadSelfAttention } from '../layers/multi-head-attention.js'
import { patchEmbedding } from '../layers/patch-embedding.js'
import { stochasticDepth } from '../layers/stochastic-depth.js'
import { classToken, positionEmbedding } from '../layers/token-embeddings.js'
import { type Network, numbered, sequential } from '../network.js'
import { group, type Layer } from '../scope.js'

export interface VisionTransformerOptions {
  patchSize?: number
  /** Width of a token. */
  width?: number
  depth?: number
  heads?: number
  /** Width of the inner dense layer in multiples of the token's. */
  mlpRatio?: number
  /** 'token': a class token is read in the end; 'average': there is none, and the mean of the tokens is. */
  pool?: 'token' | 'average'
  /** Factors of the residual ways at the start; none: no layer scale. */
  layerScaleInitial?: number | undefined
  /** Rate after the embedding, after attention and in the dense layers. */
  dropout?: number
  /** Rate of stochastic depth at the last block; earlier ones have less, in proportion. */
  dropPath?: number
}

const start = { kernelInitializer: truncatedNormal(0.02) }

/** Both halves of a block normalise first (pre-norm) and add what they find. */
function block(options: Required<Omit<VisionTransformerOptions, 'patchSize' | 'depth' | 'pool'>>): Layer {
  const { width, heads, mlpRatio, layerScaleInitial, dropout: rate, dropPath } = options
  const mlp = sequential([
    dense(Math.floor(width * mlpRatio), { name: 'fc1', activation: 'gelu', ...start }),
    dropout(rate),
    dense(width, { name: 'fc2', ...start }),
    dropout(rate),
  ])
  const half = (number: number, inner: Layer): Layer => {
    const scaled = layerScaleInitial ? [group(`ls${number}`, layerScale(layerScaleInitial, { name: 'gamma' }))] : []
    const way = sequential([layerNormalization({ name: `norm${number}` }), inner, ...scaled, stochasticDepth(dropPath)])
    return (x, scope) => add(x, way(x, scope))
  }
  return sequential([
    half(1, multiHeadSelfAttention(heads, { name: 'attn', dropout: rate, ...start })),
    half(2, group('mlp', mlp)),
  ])
}

/** The first token of [N, T, D], as [N, D]. */
const firstToken = (x: Value): Value =>
  reshape(slice(x, { starts: [0], ends: [1], axes: [1] }), [x.shape[0]!, x.shape[2]!])

/**
 * Vision Transformer, Dosovitskiy et al. 2021 (arXiv 2010.11929). By default a compact one for 32 x 32 images: patches
 * of 4, width 192, 6 blocks, 3 heads. With patches of 16 and 12 blocks it is timm's ViT-Ti/16: 5,717,416 parameters for
 * 224 x 224 images and 1000 classes. timm's names and its epsilon of 1e-6.
 */
export function visionTransformer(classes: number, options: VisionTransformerOptions = {}): Network {
  const { patchSize = 4, width = 192, depth = 6, heads = 3, mlpRatio = 4, pool = 'token' } = options
  const { layerScaleInitial, dropout: rate = 0, dropPath = 0 } = options
  const blocks = Array.from({ length: depth }, (_, i) => {
    const own = (dropPath * i) / Math.max(1, depth - 1)
    return block({ width, heads, mlpRatio, layerScaleInitial, dropout: rate, dropPath: own })
  })
  const norm = (name: string): Layer => layerNormalization({ name })
  return sequential([
    patchEmbedding(width, patchSize, { name: 'patch_embed' }),
    ...(pool === 'token' ? [classToken({ name: 'cls_token' })] : []),
    positionEmbedding({ name: 'pos_embed' }),
    dropout(rate),
    group('blocks', numbered(blocks)),
    ...(pool === 'token' ? [norm('norm'), firstToken] : [(x: Value) => reduceMean(x, [1], false), norm('fc_norm')]),
    dense(classes, { name: 'head', ...start }),
  ])
}
