import { batchNormalization } from '../../../src/nn/layers/batch-normalization.js'
import { conv2d, depthwiseConv2d } from '../../../src/nn/layers/conv2d.js'
import { dense } from '../../../src/nn/layers/dense.js'
import { dropout } from '../../../src/nn/layers/dropout.js'
import {
  averagePooling2d,
  globalAveragePooling2d,
  globalMaxPooling2d,
  maxPooling2d,
} from '../../../src/nn/layers/pooling.js'
import { rescaling } from '../../../src/nn/layers/rescaling.js'
import { activation, add, concatenate, flatten } from '../../../src/nn/layers/shape.js'
import type { Layer } from '../../../src/nn/scope.js'
import { attentionLayerCases } from './attention-layers.cases.js'

/** What one use of a layer must give. Shapes without the batch. */
export interface LayerCase {
  /** Export of a file in src/nn/layers. */
  layer: string
  what: string
  build: Layer
  input: readonly number[]
  output: readonly number[]
  parameters?: Readonly<Record<string, readonly number[]>>
  /** Multiply-adds for one image. */
  multiplyAdds?: number
  /** Training computes something else than inference, as it is meant to. */
  differsInTraining?: true
}

const image = [4, 7, 6] as const

export const layerCases: readonly LayerCase[] = [
  {
    layer: 'conv2d',
    what: 'defaults: valid, stride 1, a bias',
    build: conv2d(5, 3),
    input: image,
    output: [5, 5, 4],
    parameters: { 'conv2d/kernel': [5, 4, 3, 3], 'conv2d/bias': [5] },
    multiplyAdds: 5 * 4 * 5 * 4 * 9,
  },
  {
    layer: 'conv2d',
    what: 'same, stride 2, dilation, an activation, no bias',
    build: conv2d(3, [3, 2], {
      padding: 'same',
      strides: [2, 1],
      dilationRate: [1, 2],
      activation: 'elu',
      useBias: false,
    }),
    input: image,
    output: [3, 4, 6],
    parameters: { 'conv2d/kernel': [3, 4, 3, 2] },
    multiplyAdds: 4 * 6 * 3 * 4 * 6,
  },
  {
    layer: 'conv2d',
    what: 'groups, explicit padding, a name',
    build: conv2d(6, 3, { groups: 2, padding: [1, 0, 0, 2], name: 'mine' }),
    input: image,
    output: [6, 6, 6],
    parameters: { 'mine/kernel': [6, 2, 3, 3], 'mine/bias': [6] },
    multiplyAdds: 6 * 6 * 6 * 2 * 9,
  },
  {
    layer: 'depthwiseConv2d',
    what: 'one filter per channel',
    build: depthwiseConv2d(3, { padding: 'same' }),
    input: image,
    output: [4, 7, 6],
    parameters: { 'depthwiseConv2d/kernel': [4, 1, 3, 3], 'depthwiseConv2d/bias': [4] },
    multiplyAdds: 7 * 6 * 4 * 9,
  },
  {
    layer: 'depthwiseConv2d',
    what: 'two filters per channel, stride 2',
    build: depthwiseConv2d(3, { depthMultiplier: 2, strides: 2, useBias: false }),
    input: image,
    output: [8, 3, 2],
    parameters: { 'depthwiseConv2d/kernel': [8, 1, 3, 3] },
    multiplyAdds: 3 * 2 * 8 * 9,
  },
  {
    layer: 'dense',
    what: 'defaults',
    build: dense(3),
    input: [5],
    output: [3],
    parameters: { 'dense/kernel': [5, 3], 'dense/bias': [3] },
    multiplyAdds: 15,
  },
  {
    layer: 'dense',
    what: 'every token',
    build: dense(3),
    input: [6, 5],
    output: [6, 3],
    parameters: { 'dense/kernel': [5, 3], 'dense/bias': [3] },
    multiplyAdds: 90,
  },
  {
    layer: 'dense',
    what: 'an activation, no bias',
    build: dense(3, { activation: 'softmax', useBias: false }),
    input: [5],
    output: [3],
    parameters: { 'dense/kernel': [5, 3] },
    multiplyAdds: 15,
  },
  { layer: 'maxPooling2d', what: 'defaults', build: maxPooling2d(), input: image, output: [4, 3, 3] },
  {
    layer: 'maxPooling2d',
    what: 'overlapping, same',
    build: maxPooling2d(3, { strides: 2, padding: 'same' }),
    input: image,
    output: [4, 4, 3],
  },
  { layer: 'averagePooling2d', what: 'defaults', build: averagePooling2d(), input: image, output: [4, 3, 3] },
  {
    layer: 'averagePooling2d',
    what: 'same',
    build: averagePooling2d([2, 3], { padding: 'same' }),
    input: image,
    output: [4, 4, 2],
  },
  { layer: 'globalAveragePooling2d', what: 'defaults', build: globalAveragePooling2d(), input: image, output: [4] },
  { layer: 'globalMaxPooling2d', what: 'defaults', build: globalMaxPooling2d(), input: image, output: [4] },
  {
    layer: 'batchNormalization',
    what: 'defaults',
    build: batchNormalization(),
    input: image,
    output: image,
    parameters: { 'batchNormalization/gamma': [4], 'batchNormalization/beta': [4] },
    differsInTraining: true,
  },
  {
    layer: 'batchNormalization',
    what: 'without scale',
    build: batchNormalization({ scale: false }),
    input: image,
    output: image,
    parameters: { 'batchNormalization/beta': [4] },
    differsInTraining: true,
  },
  {
    layer: 'batchNormalization',
    what: 'without shift',
    build: batchNormalization({ center: false }),
    input: image,
    output: image,
    parameters: { 'batchNormalization/gamma': [4] },
    differsInTraining: true,
  },
  { layer: 'dropout', what: 'of images', build: dropout(0.5), input: image, output: image, differsInTraining: true },
  { layer: 'dropout', what: 'of nothing', build: dropout(0), input: [5], output: [5] },
  {
    layer: 'dropout',
    what: 'of nearly all',
    build: dropout(0.999),
    input: image,
    output: image,
    differsInTraining: true,
  },
  { layer: 'flatten', what: 'defaults', build: flatten(), input: image, output: [168] },
  { layer: 'activation', what: 'relu', build: activation('relu'), input: image, output: image },
  { layer: 'rescaling', what: 'with an offset', build: rescaling(0.5, -1), input: image, output: image },
  { layer: 'rescaling', what: 'without', build: rescaling(1 / 255), input: image, output: image },
  { layer: 'add', what: 'three values', build: x => add([x, x, x]), input: image, output: image },
  { layer: 'concatenate', what: 'channels', build: x => concatenate([x, x]), input: image, output: [8, 7, 6] },
  { layer: 'concatenate', what: 'columns', build: x => concatenate([x, x], -1), input: image, output: [4, 7, 12] },
  ...attentionLayerCases,
]
