import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Classifier } from '../../src/classifier/classifier.js'
import { classifierOf, loadClassifier } from '../../src/classifier/load.js'
import { predict } from '../../src/classifier/predict.js'
import { messageOf } from '../../src/core/errors.js'
import { tensor } from '../../src/core/tensor.js'
import { openDataset } from '../../src/data/datasets/index.js'
import type { Dataset } from '../../src/data/image-set.js'
import { compareProbabilities } from '../../src/export/verify.js'
import { decodeModel, encodeModel } from '../../src/onnx/protobuf/index.js'
import { operators } from '../../src/ops/index.js'
import { fit as train } from '../../src/train/fit-network.js'
import { planOf } from '../../src/train/plan.js'
import { parseRecipe } from '../../src/train/recipe.js'
import { quick } from '../../src/train/recipes/quick.js'
import { askPython } from './ask-python.js'
import { python } from './python.js'

const interpreter = python()
const STEPS = 40
const TOLERANCE = 1e-5

/** CIFAR-10 from the cache; nothing is fetched for a test. */
async function cachedImages(): Promise<{ dataset: Dataset; missing?: undefined } | { missing: string }> {
  if (interpreter.missing !== undefined) return { missing: interpreter.missing }
  try {
    return {
      dataset: await openDataset('cifar10', { pull: false, xdgCacheHome: process.env.XDG_CACHE_HOME }),
    }
  } catch (error) {
    return { missing: `no CIFAR-10 in the cache: ${messageOf(error)}` }
  }
}

const held = await cachedImages()
if (held.missing !== undefined) console.warn(`skipped, classifier agreement: ${held.missing}`)

/** The run at FOVEA_RUN, or the quick network after a few steps: its graph is the same at any accuracy. */
async function someClassifier(dataset: Dataset): Promise<Classifier> {
  const run = process.env.FOVEA_RUN
  if (run) return loadClassifier(join(run, 'model.onnx'))
  const recipe = parseRecipe(quick)
  const plan = planOf(recipe, dataset)
  const { classifier } = await train(plan.layer, plan.training, {
    optimizer: plan.optimizer,
    schedule: plan.schedule,
    loss: plan.loss,
    preprocess: plan.preprocess,
    augmentation: plan.transforms,
    progressiveResizing: plan.progressiveResizing,
    batchSize: plan.batchSize,
    epochs: 1,
    maxSteps: STEPS,
    testTimeAugmentation: recipe.testTimeAugmentation,
    threads: 2,
  })
  return classifier
}

/** The file with the first weight of its largest tensor of floats off by a tenth of the largest weight there. */
function withOneWeightOff(model: Uint8Array): Uint8Array {
  const decoded = decodeModel(model, { operators })
  const floats = [...decoded.graph.initializers].filter(([, { dtype }]) => dtype === 'float32')
  const [name, weights] = floats.sort(([, a], [, b]) => b.data.length - a.data.length)[0]!
  const data = Float32Array.from(weights.data as Float32Array)
  data[0]! += 0.1 * data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  decoded.graph.initializers.set(name, tensor('float32', weights.shape, data))
  return encodeModel(decoded.graph, decoded)
}

describe.skipIf(held.missing !== undefined)("a classifier in Python's onnxruntime", () => {
  let classifier: Classifier
  let images: Uint8Array
  let theirs: Float32Array
  let oneHot: Float32Array
  beforeAll(async () => {
    const { dataset } = held as { dataset: Dataset }
    classifier = await someClassifier(dataset)
    // A copy: files are not written from memory that threads share.
    images = dataset.test!.images.slice()
    const classes = classifier.classNames.length
    oneHot = new Float32Array(dataset.test!.count * classes)
    dataset.test!.labels.forEach((label, i) => {
      oneHot[i * classes + label] = 1
    })
    const answer = askPython(interpreter.path!, 'onnx', classifier.model, images)
    console.log(answer.said)
    theirs = answer.probabilities
  })

  it('gives every test image the class that predict gives it, and the probabilities', async () => {
    const ours = await predict(classifier, images)
    expect(theirs.length).toBe(ours.length)
    const count = ours.length / classifier.classNames.length
    const { agreeing, largestDifference } = compareProbabilities(ours, theirs, classifier.classNames.length)
    const accuracy = compareProbabilities(oneHot, ours, classifier.classNames.length).agreeing / count
    console.log(
      `accuracy ${accuracy}; ${agreeing} of ${count} images in the same class, probabilities within ${largestDifference.toExponential(1)}`,
    )
    expect(count).toBe(10_000)
    expect(agreeing).toBe(count)
    // A classifier that answers the same for every image would agree with anything.
    expect(accuracy).toBeGreaterThan(0.2)
    expect(largestDifference).toBeLessThan(TOLERANCE)
  })

  it('would see one weight that is off (planted)', async () => {
    const ours = await predict(classifierOf(withOneWeightOff(classifier.model)), images)
    const { largestDifference } = compareProbabilities(ours, theirs, classifier.classNames.length)
    console.log(`planted: probabilities off by up to ${largestDifference.toExponential(1)}`)
    expect(largestDifference).toBeGreaterThan(10 * TOLERANCE)
  })
})
