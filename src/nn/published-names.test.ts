import { expect, it } from 'vitest'
import { batchNormalization } from './layers/batch-normalization.js'
import { conv2d } from './layers/conv2d.js'
import { describe as describeNetwork, sequential } from './network.js'
import { publishedName } from './published-names.js'
import { group } from './scope.js'

const block = sequential([conv2d(4, 3, { name: 'conv1', useBias: false }), batchNormalization({ name: 'bn1' })])

it('names parameters of grouped layers as timm does', () => {
  const { parameters, layers } = describeNetwork(
    group('layer1', sequential([group('0', block), group('1', block)])),
    [3, 8, 8],
  )
  expect(parameters.map(p => publishedName(p.name))).toEqual([
    'layer1.0.conv1.weight',
    'layer1.0.bn1.weight',
    'layer1.0.bn1.bias',
    'layer1.1.conv1.weight',
    'layer1.1.bn1.weight',
    'layer1.1.bn1.bias',
  ])
  expect(layers.map(l => l.name)).toEqual(['layer1/0/conv1', 'layer1/0/bn1', 'layer1/1/conv1', 'layer1/1/bn1'])
})

it('names statistics and leaves other names alone', () => {
  expect(publishedName('bn1/movingMean')).toBe('bn1.running_mean')
  expect(publishedName('bn1/movingVariance')).toBe('bn1.running_var')
  expect(publishedName('pos_embed')).toBe('pos_embed')
  expect(publishedName('stages/0/blocks/1/gamma/array')).toBe('stages.0.blocks.1.gamma')
})

it('refuses two groups of one name', () => {
  expect(() => describeNetwork(sequential([group('a', block), group('a', block)]), [3, 8, 8])).toThrow(/'a' twice/)
})
