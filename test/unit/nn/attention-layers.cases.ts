import { cbam } from '../../../src/nn/layers/cbam.js'
import { ecaAttention } from '../../../src/nn/layers/eca-attention.js'
import { layerNormalization } from '../../../src/nn/layers/layer-normalization.js'
import { layerScale } from '../../../src/nn/layers/layer-scale.js'
import { multiHeadAttention, multiHeadSelfAttention } from '../../../src/nn/layers/multi-head-attention.js'
import { patchEmbedding } from '../../../src/nn/layers/patch-embedding.js'
import { squeezeExcitation } from '../../../src/nn/layers/squeeze-excitation.js'
import { stochasticDepth } from '../../../src/nn/layers/stochastic-depth.js'
import { classToken, positionEmbedding } from '../../../src/nn/layers/token-embeddings.js'
import { slice } from '../../../src/ops/slice.js'
import type { LayerCase } from './layers.cases.js'

const image = [4, 3, 5] as const
const tokens = [5, 4] as const

/** Layers of attention, of tokens, and of residual ways. */
export const attentionLayerCases: readonly LayerCase[] = [
  {
    layer: 'squeezeExcitation',
    what: 'reduction below one channel',
    build: squeezeExcitation({ activation: 'elu' }),
    input: image,
    output: image,
    parameters: {
      'squeezeExcitation/conv_reduce/kernel': [1, 4, 1, 1],
      'squeezeExcitation/conv_reduce/bias': [1],
      'squeezeExcitation/conv_expand/kernel': [4, 1, 1, 1],
      'squeezeExcitation/conv_expand/bias': [4],
    },
    multiplyAdds: 8,
  },
  {
    layer: 'squeezeExcitation',
    what: 'squeezed to three, a name, a hard gate',
    build: squeezeExcitation({ squeezed: 3, activation: 'silu', gate: 'hardSigmoid', name: 'se' }),
    input: image,
    output: image,
    parameters: {
      'se/conv_reduce/kernel': [3, 4, 1, 1],
      'se/conv_reduce/bias': [3],
      'se/conv_expand/kernel': [4, 3, 1, 1],
      'se/conv_expand/bias': [4],
    },
    multiplyAdds: 24,
  },
  {
    layer: 'ecaAttention',
    what: 'window by the rule',
    build: ecaAttention(),
    input: [16, 2, 3],
    output: [16, 2, 3],
    parameters: { 'ecaAttention/conv/kernel': [1, 1, 3, 1] },
    multiplyAdds: 48,
  },
  {
    layer: 'ecaAttention',
    what: 'five channels at a time',
    build: ecaAttention({ kernelSize: 5 }),
    input: image,
    output: image,
    parameters: { 'ecaAttention/conv/kernel': [1, 1, 5, 1] },
    multiplyAdds: 20,
  },
  {
    layer: 'cbam',
    what: 'reduction 2, window 3',
    build: cbam({ reduction: 2, kernelSize: 3 }),
    input: image,
    output: image,
    parameters: {
      'cbam/channel/fc1/kernel': [2, 4, 1, 1],
      'cbam/channel/fc2/kernel': [4, 2, 1, 1],
      'cbam/spatial/conv/conv/kernel': [1, 2, 3, 3],
      'cbam/spatial/conv/bn/gamma': [1],
      'cbam/spatial/conv/bn/beta': [1],
    },
    multiplyAdds: 2 * 8 + 2 * 8 + 15 * 18,
    differsInTraining: true,
  },
  {
    layer: 'multiHeadSelfAttention',
    what: 'tokens, two heads',
    build: multiHeadSelfAttention(2),
    input: tokens,
    output: tokens,
    parameters: {
      'multiHeadSelfAttention/qkv/kernel': [4, 12],
      'multiHeadSelfAttention/qkv/bias': [12],
      'multiHeadSelfAttention/proj/kernel': [4, 4],
      'multiHeadSelfAttention/proj/bias': [4],
    },
    multiplyAdds: 5 * (4 * 12 + 4 * 4) + 2 * 25 * 4,
  },
  {
    layer: 'multiHeadSelfAttention',
    what: 'pixels of images, no bias, a name',
    build: multiHeadSelfAttention(1, { useBias: false, name: 'attn' }),
    input: image,
    output: image,
    parameters: { 'attn/qkv/kernel': [4, 12], 'attn/proj/kernel': [4, 4], 'attn/proj/bias': [4] },
    multiplyAdds: 15 * (4 * 12 + 4 * 4) + 2 * 15 * 15 * 4,
  },
  {
    layer: 'multiHeadSelfAttention',
    what: 'dropping weights and outputs',
    build: multiHeadSelfAttention(2, { attentionDropout: 0.2, dropout: 0.2, name: 'attn' }),
    input: tokens,
    output: tokens,
    parameters: {
      'attn/qkv/kernel': [4, 12],
      'attn/qkv/bias': [12],
      'attn/proj/kernel': [4, 4],
      'attn/proj/bias': [4],
    },
    multiplyAdds: 5 * (4 * 12 + 4 * 4) + 2 * 25 * 4,
    differsInTraining: true,
  },
  {
    layer: 'multiHeadAttention',
    what: 'all tokens from the first two',
    build: (x, scope) => multiHeadAttention(x, slice(x, { starts: [0], ends: [2], axes: [1] }), 2, scope),
    input: tokens,
    output: tokens,
    parameters: Object.fromEntries(
      ['q', 'k', 'v', 'proj'].flatMap(own => [
        [`multiHeadAttention/${own}/kernel`, [4, 4]] as const,
        ...(own === 'k' ? [] : [[`multiHeadAttention/${own}/bias`, [4]] as const]),
      ]),
    ),
    multiplyAdds: 16 * (5 + 2 + 2 + 5) + 2 * 5 * 2 * 4,
  },
  ...(
    [
      ['a vector', [4]],
      ['tokens', tokens],
      ['images', image],
    ] as const
  ).map(([what, shape]) => ({
    layer: 'layerNormalization',
    what,
    build: layerNormalization({ epsilon: 0.1 }),
    input: shape,
    output: shape,
    parameters: { 'layerNormalization/gamma': [4], 'layerNormalization/beta': [4] },
  })),
  {
    layer: 'layerScale',
    what: 'tokens',
    build: layerScale(),
    input: tokens,
    output: tokens,
    parameters: { 'layerScale/array': [4] },
  },
  {
    layer: 'layerScale',
    what: 'images, a name',
    build: layerScale(0.1, { name: 'gamma' }),
    input: image,
    output: image,
    parameters: { 'gamma/array': [4] },
  },
  {
    layer: 'patchEmbedding',
    what: 'patches of two',
    build: patchEmbedding(3, 2, { name: 'patch_embed' }),
    input: [4, 6, 8],
    output: [12, 3],
    parameters: { 'patch_embed/proj/kernel': [3, 4, 2, 2], 'patch_embed/proj/bias': [3] },
    multiplyAdds: 12 * 3 * 16,
  },
  {
    layer: 'positionEmbedding',
    what: 'defaults',
    build: positionEmbedding(),
    input: tokens,
    output: tokens,
    parameters: { 'positionEmbedding/array': [1, 5, 4] },
  },
  {
    layer: 'classToken',
    what: 'a name',
    build: classToken({ name: 'cls_token' }),
    input: tokens,
    output: [6, 4],
    parameters: { 'cls_token/array': [1, 1, 4] },
  },
  {
    layer: 'stochasticDepth',
    what: 'of images',
    build: stochasticDepth(0.3),
    input: image,
    output: image,
    differsInTraining: true,
  },
  {
    layer: 'stochasticDepth',
    what: 'of tokens',
    build: stochasticDepth(0.3),
    input: tokens,
    output: tokens,
    differsInTraining: true,
  },
  { layer: 'stochasticDepth', what: 'of nothing', build: stochasticDepth(0), input: image, output: image },
]
