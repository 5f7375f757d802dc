import { efficientNet } from '../../../src/nn/models/efficientnet.js'
import { mobileNetV2 } from '../../../src/nn/models/mobilenet-v2.js'
import { mobileNetV3 } from '../../../src/nn/models/mobilenet-v3.js'
import type { Family } from './families.js'

const small = [3, 32, 32] as const
const large = [3, 224, 224] as const

/** Networks of depthwise convolutions. */
export const mobileFamilies: readonly Family[] = [
  {
    file: 'mobilenet-v2',
    source: 'timm: mobilenetv2_050, 100, 140',
    counts: [
      { what: '0.5', network: mobileNetV2(1000, { width: 0.5 }), input: large, parameters: 1_968_680 },
      { what: '1', network: mobileNetV2(1000), input: large, parameters: 3_504_872 },
      { what: '1.4', network: mobileNetV2(1000, { width: 1.4 }), input: large, parameters: 6_108_776 },
    ],
    smallest: { what: '0.25', network: mobileNetV2(10, { width: 0.25, dropout: 0 }), input: small },
    larger: [
      {
        what: '0.5, cifar strides',
        network: mobileNetV2(10, { width: 0.5, strides: 'cifar', dropout: 0 }),
        input: small,
      },
    ],
  },
  {
    file: 'mobilenet-v3',
    source: 'timm: mobilenetv3_large_100, small_100',
    counts: [
      { what: 'large', network: mobileNetV3(1000), input: large, parameters: 5_483_032 },
      { what: 'small', network: mobileNetV3(1000, { size: 'small' }), input: large, parameters: 2_542_856 },
    ],
    smallest: { what: 'small', network: mobileNetV3(10, { size: 'small', width: 0.5, dropout: 0 }), input: small },
    larger: [
      { what: 'large, cifar strides', network: mobileNetV3(10, { strides: 'cifar', dropout: 0 }), input: small },
    ],
  },
  {
    file: 'efficientnet',
    source: 'timm: efficientnet_b0 to b3, lite0 to lite2',
    counts: [
      { what: 'b0', network: efficientNet(1000), input: large, parameters: 5_288_548 },
      { what: 'b1', network: efficientNet(1000, { size: 'b1' }), input: large, parameters: 7_794_184 },
      { what: 'b2', network: efficientNet(1000, { size: 'b2' }), input: large, parameters: 9_109_994 },
      { what: 'b3', network: efficientNet(1000, { size: 'b3' }), input: large, parameters: 12_233_232 },
      { what: 'lite0', network: efficientNet(1000, { size: 'lite0' }), input: large, parameters: 4_652_008 },
      { what: 'lite1', network: efficientNet(1000, { size: 'lite1' }), input: large, parameters: 5_416_680 },
      { what: 'lite2', network: efficientNet(1000, { size: 'lite2' }), input: large, parameters: 6_092_072 },
    ],
    smallest: { what: 'lite0', network: efficientNet(10, { size: 'lite0', dropout: 0 }), input: small },
    larger: [{ what: 'b0', network: efficientNet(10, { dropout: 0 }), input: [3, 64, 64] }],
  },
]
