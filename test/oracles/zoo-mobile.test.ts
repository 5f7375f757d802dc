import { efficientNet } from '../../src/nn/models/efficientnet.js'
import { mobileNetV2 } from '../../src/nn/models/mobilenet-v2.js'
import { mobileNetV3 } from '../../src/nn/models/mobilenet-v3.js'
import { compareWithTorch } from './zoo-comparison.js'
import type { ZooCase } from './zoo-exchange.js'

const small = { input: [3, 32, 32], batch: 4 } as const
/** Large enough that five halvings leave more than one pixel. */
const medium = { input: [3, 64, 64], batch: 4 } as const
const dropout = 0

/** Shifts bring ReLU6 and the hard swish to where their kinks are rare. */
const cases: readonly ZooCase[] = [
  { torch: 'timm mobilenetv2_050', network: mobileNetV2(10, { width: 0.5, dropout }), ...medium, shift: 3 },
  {
    torch: 'timm mobilenetv2_050, cifar strides',
    network: mobileNetV2(10, { width: 0.5, strides: 'cifar', dropout }),
    ...small,
    shift: 3,
  },
  { torch: 'timm mobilenetv3_small_100', network: mobileNetV3(10, { size: 'small', dropout }), ...medium, shift: 1.5 },
  { torch: 'timm mobilenetv3_large_100', network: mobileNetV3(10, { dropout }), ...medium, shift: 1.5 },
  { torch: 'timm efficientnet_b0', network: efficientNet(10, { dropout }), ...medium },
  { torch: 'timm efficientnet_lite0', network: efficientNet(10, { size: 'lite0', dropout }), ...medium, shift: 3 },
]

const published = {
  mobilenetv2_100: mobileNetV2(1000),
  mobilenetv2_140: mobileNetV2(1000, { width: 1.4 }),
  mobilenetv3_large_100: mobileNetV3(1000),
  mobilenetv3_small_100: mobileNetV3(1000, { size: 'small' }),
  efficientnet_b0: efficientNet(1000),
  efficientnet_b1: efficientNet(1000, { size: 'b1' }),
  efficientnet_b2: efficientNet(1000, { size: 'b2' }),
  efficientnet_b3: efficientNet(1000, { size: 'b3' }),
  efficientnet_lite0: efficientNet(1000, { size: 'lite0' }),
  efficientnet_lite1: efficientNet(1000, { size: 'lite1' }),
  efficientnet_lite2: efficientNet(1000, { size: 'lite2' }),
}

compareWithTorch('mobile networks', { cases, published })
