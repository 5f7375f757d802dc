import { describe, expect, it } from 'vitest'
import { resnetCifar } from '../../../src/nn/models/resnet-cifar.js'
import { vgg } from '../../../src/nn/models/vgg.js'
import { wideResnet } from '../../../src/nn/models/wide-resnet.js'
import { describe as describeNetwork, type Network } from '../../../src/nn/network.js'

const dropouts = (network: Network, input: readonly number[]): string[] =>
  describeNetwork(network, input)
    .layers.filter(({ kind }) => kind === 'dropout')
    .map(({ name }) => name)

describe('depths that no network of the family has are refused', () => {
  it('resnetCifar', () => {
    expect(() => resnetCifar(10, { depth: 21 })).toThrow(
      'resnetCifar: expected a depth of 6n + 2: 20, 32, 44, 56, 110, received 21',
    )
    expect(() => resnetCifar(10, { depth: 2 })).toThrow('received 2')
  })
  it('wideResnet', () => {
    expect(() => wideResnet(10, { depth: 20 })).toThrow(
      'wideResnet: expected a depth of 6n + 4: 16, 22, 28, 40, received 20',
    )
  })
})

describe('dropout', () => {
  it('is between the convolutions of every wide block, if there is any', () => {
    expect(dropouts(wideResnet(10, { depth: 10, width: 1, dropout: 0.3 }), [3, 32, 32])).toEqual([
      'block1/layer/0/dropout',
      'block2/layer/0/dropout',
      'block3/layer/0/dropout',
    ])
    expect(dropouts(wideResnet(10, { depth: 10 }), [3, 32, 32])).toEqual([])
  })
  it('follows both hidden layers of the large VGG head', () => {
    expect(dropouts(vgg(1000, { depth: 11, head: 'imagenet' }), [3, 224, 224])).toEqual([
      'pre_logits/dropout',
      'pre_logits/dropout_1',
    ])
  })
})

it('the large VGG head refuses images that it cannot see whole', () => {
  expect(() => describeNetwork(vgg(1000, { head: 'imagenet' }), [3, 128, 128])).toThrow('pre_logits/fc1')
})
