import { cct } from '../../../src/nn/models/cct.js'
import { convNeXt } from '../../../src/nn/models/convnext.js'
import { visionTransformer } from '../../../src/nn/models/vision-transformer.js'
import type { Family } from './families.js'

const small = [3, 32, 32] as const
const large = [3, 224, 224] as const

/** Networks that normalise tokens or pixels on their own. */
export const tokenFamilies: readonly Family[] = [
  {
    file: 'convnext',
    source: 'timm: convnext_tiny, convnext_small',
    counts: [
      { what: 'tiny', network: convNeXt(1000), input: large, parameters: 28_589_128 },
      { what: 'small', network: convNeXt(1000, { depths: [3, 3, 27, 3] }), input: large, parameters: 50_223_688 },
    ],
    smallest: {
      what: 'two stages',
      network: convNeXt(10, { depths: [1, 1], dims: [16, 32], layerScaleInitial: 0.1 }),
      input: small,
    },
    larger: [
      {
        what: 'four stages',
        network: convNeXt(10, {
          depths: [2, 2, 2, 2],
          dims: [40, 80, 160, 320],
          patchSize: 2,
          layerScaleInitial: 0.1,
        }),
        input: small,
      },
    ],
  },
  {
    file: 'vision-transformer',
    source: 'timm: vit_tiny_patch16_224, vit_small_patch16_224',
    counts: [
      {
        what: 'Ti/16',
        network: visionTransformer(1000, { patchSize: 16, depth: 12 }),
        input: large,
        parameters: 5_717_416,
      },
      {
        what: 'S/16',
        network: visionTransformer(1000, { patchSize: 16, width: 384, depth: 12, heads: 6 }),
        input: large,
        parameters: 22_050_664,
      },
    ],
    smallest: {
      what: 'two blocks',
      network: visionTransformer(10, { patchSize: 8, width: 32, depth: 2, heads: 2 }),
      input: small,
    },
    larger: [
      {
        what: 'four blocks, mean of the tokens, layer scale',
        network: visionTransformer(10, { depth: 4, pool: 'average', layerScaleInitial: 0.1 }),
        input: small,
      },
    ],
  },
  {
    file: 'cct',
    source: 'Hassani et al. 2021, table 2 (CCT-7/3x1: 3.76 M)',
    counts: [{ what: '7/3x1', network: cct(10), parameters: 3_760_138 }],
    smallest: {
      what: 'two blocks',
      network: cct(10, {
        depth: 2,
        heads: 2,
        width: 32,
        mlpRatio: 1,
        convolutions: 2,
        attentionDropout: 0,
        dropPath: 0,
      }),
      input: small,
      learningRate: 5e-3,
    },
    larger: [
      {
        what: '7/3x1',
        network: cct(10, { attentionDropout: 0, dropPath: 0 }),
        input: small,
      },
    ],
  },
]
