import { cifarCnn } from '../../../src/nn/models/cifar-cnn.js'
import { densenet } from '../../../src/nn/models/densenet.js'
import { resnet } from '../../../src/nn/models/resnet.js'
import { resnetCifar } from '../../../src/nn/models/resnet-cifar.js'
import { vgg } from '../../../src/nn/models/vgg.js'
import { whitenedCnn } from '../../../src/nn/models/whitened-cnn.js'
import { wideResnet } from '../../../src/nn/models/wide-resnet.js'
import type { Network } from '../../../src/nn/network.js'

/** A member whose number of parameters was published. */
export interface Counted {
  what: string
  network: Network
  /** Images [C, H, W]; default [3, 32, 32]. */
  input?: readonly [number, number, number]
  parameters: number
}

/** A member that is trained for a few steps. Without dropout: a lowered step gives its random bytes to other elements. */
export interface Trained {
  what: string
  /** For 10 classes. */
  network: Network
  input: readonly [number, number, number]
  /** Of Adam; default 2e-3. */
  learningRate?: number
}

/** One file of src/nn/models. */
export interface Family {
  file: string
  /** Where the numbers of parameters stand. */
  source: string
  counts: readonly Counted[]
  /** Small enough for the unit suite. */
  smallest: Trained
  /** What the small one does not have (other blocks, other stems), for the heavy suite. */
  larger: readonly Trained[]
}

const small = [3, 32, 32] as const
const large = [3, 224, 224] as const
const pooled = [true, true, false, true, false]

export const families: readonly Family[] = [
  {
    file: 'cifar-cnn',
    source: 'the walk-through in Keras: model.count_params()',
    counts: [{ what: 'of the walk-through', network: cifarCnn(10), parameters: 1_116_970 }],
    smallest: {
      what: 'filters 16 and 16',
      network: cifarCnn(10, { filters: [16, 16], units: 64, dropout: [0, 0, 0] }),
      input: small,
    },
    larger: [],
  },
  {
    file: 'whitened-cnn',
    source: 'its own file: kernels of 2x2 and 3x3, shifts, a head without bias',
    counts: [
      {
        what: 'of quick',
        network: whitenedCnn(10, { filters: [32, 64, 128, 128, 128], pooled, activation: 'relu' }),
        parameters: 24 * 12 + 24 + 9 * (24 * 32 + 32 * 64 + 64 * 128 + 2 * 128 * 128) + 480 + 1280,
      },
    ],
    smallest: {
      what: 'three convolutions',
      network: whitenedCnn(10, { filters: [16, 16, 32], pooled: [true, true, true], activation: 'gelu' }),
      input: small,
      learningRate: 0.02,
    },
    larger: [],
  },
  {
    file: 'resnet-cifar',
    source: 'He et al. 2015, table 6 (0.27, 0.46, 0.66, 0.85, 1.7 M); exact: akamaster/pytorch_resnet_cifar10',
    counts: [
      { what: '20', network: resnetCifar(10, { depth: 20 }), parameters: 269_722 },
      { what: '32', network: resnetCifar(10, { depth: 32 }), parameters: 464_154 },
      { what: '44', network: resnetCifar(10, { depth: 44 }), parameters: 658_586 },
      { what: '56', network: resnetCifar(10, { depth: 56 }), parameters: 853_018 },
      { what: '110', network: resnetCifar(10, { depth: 110 }), parameters: 1_727_962 },
      { what: '20, projections', network: resnetCifar(10, { shortcut: 'projection' }), parameters: 272_474 },
      { what: '20, version 2', network: resnetCifar(10, { version: 2 }), parameters: 269_722 },
    ],
    smallest: { what: '8', network: resnetCifar(10, { depth: 8 }), input: small },
    larger: [
      { what: '20, projections', network: resnetCifar(10, { shortcut: 'projection' }), input: small },
      { what: '20, version 2', network: resnetCifar(10, { version: 2 }), input: small },
      {
        what: '14, version 2, projections',
        network: resnetCifar(10, { depth: 14, version: 2, shortcut: 'projection' }),
        input: small,
      },
    ],
  },
  {
    file: 'resnet',
    source: 'timm: resnet18, 34, 50, 101; the cifar stem: kuangliu/pytorch-cifar',
    counts: [
      { what: '18', network: resnet(1000, { depth: 18 }), input: large, parameters: 11_689_512 },
      { what: '34', network: resnet(1000, { depth: 34 }), input: large, parameters: 21_797_672 },
      { what: '50', network: resnet(1000, { depth: 50 }), input: large, parameters: 25_557_032 },
      { what: '101', network: resnet(1000, { depth: 101 }), input: large, parameters: 44_549_160 },
      { what: '18, cifar stem', network: resnet(10, { depth: 18, stem: 'cifar' }), parameters: 11_173_962 },
    ],
    smallest: { what: '18', network: resnet(10), input: small },
    larger: [
      { what: '18, cifar stem', network: resnet(10, { stem: 'cifar' }), input: small },
      { what: '50', network: resnet(10, { depth: 50 }), input: [3, 64, 64] },
    ],
  },
  {
    file: 'wide-resnet',
    source: 'Zagoruyko & Komodakis 2016, table 4 (8.9, 11.0, 36.5 M) and the README of its code',
    counts: [
      { what: '16-4', network: wideResnet(10), parameters: 2_748_890 },
      { what: '40-2', network: wideResnet(10, { depth: 40, width: 2 }), parameters: 2_243_546 },
      { what: '40-4', network: wideResnet(10, { depth: 40, width: 4 }), parameters: 8_949_210 },
      { what: '16-8', network: wideResnet(10, { depth: 16, width: 8 }), parameters: 10_961_370 },
      { what: '28-10', network: wideResnet(10, { depth: 28, width: 10 }), parameters: 36_479_194 },
    ],
    smallest: { what: '10-2', network: wideResnet(10, { depth: 10, width: 2 }), input: small },
    larger: [
      { what: '16-1, no projection in the first stage', network: wideResnet(10, { width: 1 }), input: small },
      { what: '16-4', network: wideResnet(10), input: small },
    ],
  },
  {
    file: 'densenet',
    source: 'timm: densenet121; Huang et al. 2017, table 2 (BC 100-12: 0.8 M)',
    counts: [
      { what: 'BC 40-12', network: densenet(10), parameters: 176_122 },
      { what: 'BC 100-12', network: densenet(10, { blocks: [16, 16, 16] }), parameters: 769_162 },
      {
        what: '121',
        network: densenet(1000, { blocks: [6, 12, 24, 16], growthRate: 32, stem: 'imagenet' }),
        input: large,
        parameters: 7_978_856,
      },
    ],
    smallest: { what: 'blocks of 2', network: densenet(10, { blocks: [2, 2, 2] }), input: small },
    larger: [
      { what: 'BC 40-12', network: densenet(10), input: small },
      {
        what: 'imagenet stem, blocks of 3',
        network: densenet(10, { blocks: [3, 3, 3, 3], growthRate: 32, stem: 'imagenet' }),
        input: [3, 64, 64],
      },
    ],
  },
  {
    file: 'vgg',
    source: 'timm: vgg11_bn, 13, 16, 19; the cifar head: kuangliu/pytorch-cifar',
    counts: [
      { what: '11', network: vgg(1000, { depth: 11, head: 'imagenet' }), input: large, parameters: 132_868_840 },
      { what: '13', network: vgg(1000, { depth: 13, head: 'imagenet' }), input: large, parameters: 133_053_736 },
      { what: '16', network: vgg(1000, { depth: 16, head: 'imagenet' }), input: large, parameters: 138_365_992 },
      { what: '19', network: vgg(1000, { depth: 19, head: 'imagenet' }), input: large, parameters: 143_678_248 },
      { what: '11, cifar head', network: vgg(10, { depth: 11 }), parameters: 9_231_114 },
      { what: '13, cifar head', network: vgg(10, { depth: 13 }), parameters: 9_416_010 },
      { what: '16, cifar head', network: vgg(10, { depth: 16 }), parameters: 14_728_266 },
      { what: '19, cifar head', network: vgg(10, { depth: 19 }), parameters: 20_040_522 },
    ],
    smallest: { what: '11, cifar head', network: vgg(10, { depth: 11 }), input: small },
    larger: [{ what: '16, cifar head', network: vgg(10, { depth: 16 }), input: [3, 64, 64] }],
  },
]
