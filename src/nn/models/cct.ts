import { add } from '../../ops/add.js'
import { matMul } from '../../ops/mat-mul.js'
import { reshape } from '../../ops/reshape.js'
import { softmax } from '../../ops/softmax.js'
import { swapLast } from '../../ops/transpose.js'
import { heNormal, truncatedNormal } from '../init.js'
import { conv2d } from '../layers/conv2d.js'
import { dense } from '../layers/dense.js'
import { dropout } from '../layers/dropout.js'
import { layerNormalization } from '../layers/layer-normalization.js'
import { multiHeadSelfAttention } from '../layers/multi-head-attention.js'
import { maxPooling2d } from '../layers/pooling.js'
import { stochasticDepth } from '../layers/stochastic-depth.js'
import { positionEmbedding } from '../layers/token-embeddings.js'
import { type Network, numbered, sequential } from '../network.js'
import { group, type Layer } from '../scope.js'
import { tokensOf } from '../tokens.js'

export interface CctOptions {
  /** Transformer blocks. */
  depth?: number
  heads?: number
  /** Width of a token. */
  width?: number
  /** Width of the inner dense layer in multiples of the token's. */
  mlpRatio?: number
  /** Convolutions of the tokenizer, each followed by a max pooling that halves the size. */
  convolutions?: number
  /** Window of the tokenizer's convolutions. */
  kernelSize?: number
  /** Rate after the embedding, after attention and in the dense layers. */
  dropout?: number
  /** Rate at which single attention weights are dropped. */
  attentionDropout?: number
  /** Rate of stochastic depth at the last block; earlier ones have less, in proportion. */
  dropPath?: number
}

/** Filters of a tokenizer's convolutions before the last. */
const TOKENIZER_FILTERS = 64
const EPSILON = 1e-5
const start = { kernelInitializer: truncatedNormal(0.02) }

function tokenizer(width: number, convolutions: number, kernelSize: number): Layer {
  const half = kernelSize >> 1
  const strides = Math.max(1, half - 1)
  const layers = Array.from({ length: convolutions }, (_, i) => {
    const filters = i === convolutions - 1 ? width : TOKENIZER_FILTERS
    return sequential([
      conv2d(filters, kernelSize, {
        name: '0',
        strides,
        padding: [half, half, half, half],
        useBias: false,
        activation: 'relu',
        kernelInitializer: heNormal,
      }),
      maxPooling2d(3, { strides: 2, padding: [1, 1, 1, 1] }),
    ])
  })
  return group('tokenizer', group('conv_layers', numbered(layers)))
}

/** As in the authors' code, the normalisation between the halves lies on the residual way itself. */
function block(options: Required<Omit<CctOptions, 'depth' | 'convolutions' | 'kernelSize'>>): Layer {
  const { heads, width, mlpRatio, dropout: rate, attentionDropout, dropPath } = options
  const attention = sequential([
    layerNormalization({ name: 'pre_norm', epsilon: EPSILON }),
    multiHeadSelfAttention(heads, { name: 'self_attn', useBias: false, attentionDropout, dropout: rate, ...start }),
    stochasticDepth(dropPath),
  ])
  const mlp = sequential([
    dense(Math.floor(width * mlpRatio), { name: 'linear1', activation: 'gelu', ...start }),
    dropout(rate),
    dense(width, { name: 'linear2', ...start }),
    dropout(rate),
    stochasticDepth(dropPath),
  ])
  return (x, scope) => {
    const attended = add(x, attention(x, scope))
    const y = layerNormalization({ name: 'norm1', epsilon: EPSILON })(attended, scope)
    return add(y, mlp(y, scope))
  }
}

/**
 * Sequence pooling: the mean of the tokens, weighted by a softmax of one number that each token gives. [N, T, D] -> [N, D].
 * The authors' layer has a bias; it adds the same to all numbers, and softmax takes it away again: there is none here.
 */
const sequencePooling: Layer = (x, scope) => {
  const weights = softmax(dense(1, { name: 'attention_pool', useBias: false, ...start })(x, scope), 1)
  return reshape(matMul(swapLast(weights), x), [x.shape[0]!, x.shape[2]!])
}

/**
 * Compact Convolutional Transformer, Hassani et al. 2021 (arXiv 2104.05704). By default CCT-7/3x1: 3,760,138 parameters
 * for 32 x 32 images and 10 classes. Names are those of the authors' published weights.
 */
export function cct(classes: number, options: CctOptions = {}): Network {
  const { depth = 7, heads = 4, width = 256, mlpRatio = 2, convolutions = 1, kernelSize = 3 } = options
  const { dropout: rate = 0, attentionDropout = 0.1, dropPath = 0.1 } = options
  const blocks = Array.from({ length: depth }, (_, i) => {
    const own = (dropPath * i) / Math.max(1, depth - 1)
    return block({ heads, width, mlpRatio, dropout: rate, attentionDropout, dropPath: own })
  })
  return sequential([
    tokenizer(width, convolutions, kernelSize),
    tokensOf,
    group(
      'classifier',
      sequential([
        positionEmbedding({ name: 'positional_emb' }),
        dropout(rate),
        group('blocks', numbered(blocks)),
        layerNormalization({ name: 'norm', epsilon: EPSILON }),
        sequencePooling,
        dense(classes, { name: 'fc', ...start }),
      ]),
    ),
  ])
}
