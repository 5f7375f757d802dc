// biome-ignore-all format: the program is shown on one page
// biome-ignore-all lint/suspicious/noFocusedTests: fit is no focused test
/**
 * The classic CIFAR-10 walk-through: data, network, training with augmentation, evaluation, report.
 * `npx tsx examples/cifar10.ts` runs all of it; `npx tsx examples/cifar10.ts tiny` a few steps on a few images.
 */
import {
  adam, categoricalCrossentropy, cifar10, conv2d, dense, dropout, evaluate, fit, flatten, imageDataGenerator,
  maxPooling2d, reduceLROnPlateau, report, sequential, split,
} from '../src/index.js'

const tiny = process.argv.includes('tiny')
const { train, test } = await cifar10() // 50,000 + 10,000 images, checksums verified
const [training, validation] = split(train, tiny ? [640, 200] : [45_000, 5_000], { seed: 7 })

const model = sequential([
  conv2d(32, 3, { padding: 'same', activation: 'relu' }),
  conv2d(32, 3, { padding: 'same', activation: 'relu' }),
  maxPooling2d(2), dropout(0.2),
  conv2d(64, 3, { padding: 'same', activation: 'relu' }),
  conv2d(64, 3, { padding: 'same', activation: 'relu' }),
  maxPooling2d(2), dropout(0.3),
  flatten(), dense(256, { activation: 'relu' }), dropout(0.5), dense(10),
])
console.log(model.summary())

const run = await fit(model, training!, {
  validation: validation!, epochs: tiny ? 1 : 50, batchSize: 64,
  optimizer: adam({ learningRate: 1e-3 }), loss: categoricalCrossentropy(),
  augmentation: imageDataGenerator({ rotationRange: 15, widthShiftRange: 0.1, heightShiftRange: 0.1, horizontalFlip: true, zoomRange: 0.2 }),
  callbacks: [reduceLROnPlateau({ monitor: 'validationLoss', factor: 0.5, patience: 3, minLearningRate: 1e-6 })],
  onEpoch: e => console.log(`epoch ${e.epoch}: loss ${e.trainLoss.toFixed(4)}, validation accuracy ${e.validationAccuracy?.toFixed(4)}`),
})

const evaluation = await evaluate(run.classifier, test)
console.log(evaluation.accuracy, evaluation.mostConfused.slice(0, 3))
console.log(await report(run, { evaluation, test })) // curves, confusion, mistakes, diagnosis
