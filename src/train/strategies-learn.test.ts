import { describe, expect, it } from 'vitest'
import { unitRange } from '../classifier/preprocess.js'
import { createLoader } from '../data/loader.js'
import { cutMix, mixUp, trivialAugment } from '../data/transforms/index.js'
import { batchNormalization } from '../nn/layers/batch-normalization.js'
import { conv2d } from '../nn/layers/conv2d.js'
import { dense } from '../nn/layers/dense.js'
import { flatten } from '../nn/layers/shape.js'
import { sequential } from '../nn/network.js'
import { ema, swa } from '../optim/averaging.js'
import { lamb } from '../optim/lamb.js'
import { lion } from '../optim/lion.js'
import { lookahead } from '../optim/lookahead.js'
import { muon } from '../optim/muon.js'
import { createStatisticsMeter } from './batch-statistics.js'
import { type FitOptions, fit as train } from './fit-network.js'
import { colouredImages } from './testing/coloured-images.js'
import { initialWeights } from './weights.js'

const layer = sequential([
  conv2d(4, 3, { padding: 'same' }),
  batchNormalization({ momentum: 0.9 }),
  flatten(),
  dense(8, { activation: 'relu' }),
  dense(3),
])
const [training, validation] = [colouredImages(90, 1), colouredImages(60, 2)]
const settings: FitOptions = { validation, epochs: 4, batchSize: 10, threads: 1, dataWorkers: 0 }
const accuracyOf = async (options: FitOptions): Promise<number> =>
  (await train(layer, training, { ...settings, ...options })).classifier.provenance.validationAccuracy!

describe('a small network learns', () => {
  it.each<[string, FitOptions]>([
    ['lion', { optimizer: lion({ learningRate: 3e-3 }) }],
    ['lamb', { optimizer: lamb({ learningRate: 0.03 }) }],
    ['muon, dense kernels too', { optimizer: muon({ learningRate: 0.1, denseKernels: true }) }],
    ['mixed precision', { mixedPrecision: { initialScale: 2 ** 24, growthInterval: 10 } }],
    ['kernels and activations rounded', { quantizationAware: {} }],
    ['swa', { averaging: swa({ from: 0.5 }) }],
    ['mixed images', { augmentation: [trivialAugment(), mixUp(), cutMix()], epochs: 6 }],
    [
      'everything at once',
      {
        augmentation: [mixUp()],
        averaging: ema({ decay: 0.9 }),
        optimizer: lookahead(lion({ learningRate: 3e-3 })),
        accumulate: 2,
        activationCheckpointing: 2,
      },
    ],
  ])('with %s', async (_, options) => {
    expect(await accuracyOf(options)).toBeGreaterThan(0.8)
  })

  it('and one that stands still does not (planted)', async () => {
    expect(await accuracyOf({ optimizer: lion({ learningRate: 1e-12 }) })).toBeLessThan(0.8)
  })
})

describe('measured statistics', () => {
  const normalizing = sequential([batchNormalization({ name: 'norm' }), flatten(), dense(3)])
  const start = (mean: number) => {
    const spec = (name: string, initial: number) => ({ name: `norm/${name}`, shape: [3], initial, momentum: 0.99 })
    const kernel = { name: 'dense/kernel', shape: [192, 3], role: 'kernel' as const, trainable: true }
    const parameters = [
      { ...kernel, initializer: () => new Float32Array(576) },
      { ...kernel, name: 'dense/bias', shape: [3], initializer: () => new Float32Array(3) },
      { ...kernel, name: 'norm/gamma', shape: [3], initializer: () => new Float32Array(3).fill(1) },
      { ...kernel, name: 'norm/beta', shape: [3], initializer: () => new Float32Array(3) },
    ]
    return initialWeights(parameters, [spec('movingMean', mean), spec('movingVariance', 1)], 1)
  }

  it('are means over batches of the training images, whatever they were before', async () => {
    const plan = { layer: normalizing, preprocess: unitRange, training, batchSize: 10, seed: 1 }
    const measured = await createStatisticsMeter(plan, { device: 'cpu', threads: 1 })(start(5))
    const [means, variances] = [new Float64Array(3), new Float64Array(3)]
    const loader = createLoader({ set: training, batchSize: 10, seed: 1, workers: 0 })
    for (let n = 0; n < 9; n++) {
      const batch = await loader.next()
      for (let c = 0; c < 3; c++) {
        const levels = [...batch.images].filter((_, p) => Math.floor(p / 64) % 3 === c).map(level => level / 255)
        const mean = levels.reduce((sum, x) => sum + x, 0) / levels.length
        means[c]! += mean / 9
        variances[c]! += levels.reduce((sum, x) => sum + (x - mean) ** 2, 0) / levels.length / 9
      }
      loader.release(batch)
    }
    await loader.close()
    const found = (name: string) => Array.from(measured.get(`norm/${name}`)!.data as Float32Array)
    found('movingMean').forEach((m, c) => {
      expect(m).toBeCloseTo(means[c]!, 5)
    })
    found('movingVariance').forEach((v, c) => {
      expect(v).toBeCloseTo(variances[c]!, 5)
    })
    // Planted: what the running statistics were is far from it.
    expect(Math.abs(5 - means[0]!)).toBeGreaterThan(1)
    expect(measured.get('dense/kernel')).toEqual(start(5).get('dense/kernel'))
  })
})
