import { cct } from '../../src/nn/models/cct.js'
import { convNeXt } from '../../src/nn/models/convnext.js'
import { visionTransformer } from '../../src/nn/models/vision-transformer.js'
import { compareWithTorch } from './zoo-comparison.js'
import type { ZooCase } from './zoo-exchange.js'

const small = { input: [3, 32, 32], batch: 4 } as const

const cases: readonly ZooCase[] = [
  {
    torch: 'timm ConvNeXt, blocks 1-1-2-1',
    network: convNeXt(10, { depths: [1, 1, 2, 1], dims: [24, 48, 96, 192], layerScaleInitial: 0.1 }),
    input: [3, 64, 64],
    batch: 4,
  },
  {
    torch: 'timm VisionTransformer, class token',
    network: visionTransformer(10, { width: 64, depth: 2, heads: 4 }),
    ...small,
  },
  {
    torch: 'timm VisionTransformer, average, layer scale',
    network: visionTransformer(10, { width: 64, depth: 2, heads: 4, pool: 'average', layerScaleInitial: 0.1 }),
    ...small,
  },
  { torch: 'cct-7/3x1', network: cct(10, { attentionDropout: 0, dropPath: 0 }), ...small },
  {
    torch: 'cct-2/5x2',
    network: cct(10, {
      depth: 2,
      heads: 2,
      width: 64,
      mlpRatio: 1,
      convolutions: 2,
      kernelSize: 5,
      attentionDropout: 0,
      dropPath: 0,
    }),
    ...small,
  },
]

const published = {
  convnext_tiny: convNeXt(1000),
  vit_tiny_patch16_224: visionTransformer(1000, { patchSize: 16, depth: 12 }),
}

compareWithTorch('ConvNeXt and transformers', { cases, published })
