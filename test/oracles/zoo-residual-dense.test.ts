import { densenet } from '../../src/nn/models/densenet.js'
import { resnet } from '../../src/nn/models/resnet.js'
import { resnetCifar } from '../../src/nn/models/resnet-cifar.js'
import { vgg } from '../../src/nn/models/vgg.js'
import { wideResnet } from '../../src/nn/models/wide-resnet.js'
import type { Network } from '../../src/nn/network.js'
import { compareWithTorch } from './zoo-comparison.js'
import type { ZooCase } from './zoo-exchange.js'

const small = { input: [3, 32, 32], batch: 4 } as const
/** Large enough that four halvings leave more than one pixel. */
const medium = { input: [3, 64, 64], batch: 4, shift: 3 } as const

const cases: readonly ZooCase[] = [
  { torch: 'resnet-20', network: resnetCifar(10), ...small },
  { torch: 'resnet-14, projections', network: resnetCifar(10, { depth: 14, shortcut: 'projection' }), ...small },
  { torch: 'resnet-20, version 2', network: resnetCifar(10, { version: 2 }), ...small },
  {
    torch: 'resnet-14, version 2, projections',
    network: resnetCifar(10, { depth: 14, version: 2, shortcut: 'projection' }),
    ...small,
  },
  { torch: 'wide-resnet-16-2', network: wideResnet(10, { width: 2 }), ...small },
  { torch: 'wide-resnet-10-1', network: wideResnet(10, { depth: 10, width: 1 }), ...small },
  { torch: 'timm resnet18', network: resnet(10), ...medium },
  { torch: 'timm resnet50', network: resnet(10, { depth: 50 }), ...medium },
  { torch: 'timm resnet18, cifar stem', network: resnet(10, { stem: 'cifar' }), ...small, shift: 3 },
  { torch: 'timm DenseNet, blocks 6-6-6', network: densenet(10), ...small, shift: 3 },
  {
    torch: 'timm DenseNet, blocks 2-3-2-2',
    network: densenet(10, { blocks: [2, 3, 2, 2], growthRate: 32, stem: 'imagenet' }),
    ...medium,
  },
  { torch: 'timm vgg11_bn features', network: vgg(10, { depth: 11 }), ...small, shift: 3 },
]

const published: Readonly<Record<string, Network>> = {
  resnet18: resnet(1000),
  resnet34: resnet(1000, { depth: 34 }),
  resnet50: resnet(1000, { depth: 50 }),
  resnet101: resnet(1000, { depth: 101 }),
  densenet121: densenet(1000, { blocks: [6, 12, 24, 16], growthRate: 32, stem: 'imagenet' }),
  vgg11_bn: vgg(1000, { depth: 11, head: 'imagenet' }),
  vgg13_bn: vgg(1000, { depth: 13, head: 'imagenet' }),
  vgg16_bn: vgg(1000, { depth: 16, head: 'imagenet' }),
  vgg19_bn: vgg(1000, { depth: 19, head: 'imagenet' }),
}

compareWithTorch('residual, dense and plain networks', { cases, published })
