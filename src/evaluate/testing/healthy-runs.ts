/** Runs with nothing wrong in them: a diagnosis that says anything about one of these cries wolf. */
import type { SyntheticRun } from './synthetic-run.js'

/** Falls from `from` towards `to` with the given number of epochs as time constant. */
export const decay =
  (from: number, to: number, epochs: number) =>
  (progress: number): number =>
    to + (from - to) * Math.exp(-progress / epochs)

/** The baseline CNN: dropout keeps training below validation early on; train 84 %, validation 82 % at the end. */
export const baselineRun = (seed = 1): SyntheticRun => ({
  seed,
  epochs: 30,
  trainLoss: p => 0.44 + 0.9 * Math.exp(-p / 6) + 0.96 * Math.exp(-p / 0.5),
  trainAccuracy: p => 0.845 - 0.36 * Math.exp(-p / 6) - 0.38 * Math.exp(-p / 0.5),
  validationLoss: e => 0.535 + 0.7 * Math.exp(-e / 3.5),
  validationAccuracy: e => 0.82 - 0.27 * Math.exp(-e / 3.5),
  learningRate: () => 1e-3,
})

/** Lowered by plateau at epochs 14, 20 and 26: the loss falls at each of them. */
export const plateauRun = (seed = 1): SyntheticRun => {
  const drops = (p: number): number => [14, 20, 26].filter(epoch => p >= epoch).length
  return {
    ...baselineRun(seed),
    epochs: 32,
    trainLoss: p => 0.52 + 0.9 * Math.exp(-p / 5) + 0.9 * Math.exp(-p / 0.5) - 0.05 * drops(p),
    trainAccuracy: p => 0.815 - 0.36 * Math.exp(-p / 5) - 0.36 * Math.exp(-p / 0.5) + 0.015 * drops(p),
    validationLoss: e => 0.56 + 0.7 * Math.exp(-e / 3) - 0.02 * drops(e),
    validationAccuracy: e => 0.81 - 0.27 * Math.exp(-e / 3) + 0.007 * drops(e),
    learningRate: e => 1e-3 * 0.5 ** drops(e),
  }
}

/** Strong augmentation: training images are harder than validation images to the very end (90 against 94 %). */
export const augmentedRun = (seed = 1): SyntheticRun => ({
  seed,
  epochs: 40,
  stepsPerEpoch: 90,
  logEvery: 5,
  batchSize: 500,
  trainLoss: p => 0.28 + 1.1 * Math.exp(-p / 7) + 0.9 * Math.exp(-p / 0.4),
  trainAccuracy: p => 0.905 - 0.4 * Math.exp(-p / 7) - 0.35 * Math.exp(-p / 0.4),
  validationLoss: e => 0.19 + 0.9 * Math.exp(-e / 6),
  validationAccuracy: e => 0.945 - 0.32 * Math.exp(-e / 6),
  learningRate: e => 0.002 * (1 - (e - 1) / 40),
  start: {
    recipe: { model: 'resnet', augmentation: { horizontalFlip: true, widthShiftRange: 0.1 }, labelSmoothing: 0.1 },
    model: { name: 'resnet', parameters: 2_000_000, multiplyAdds: 220_000_000 },
  },
  imagesPerSecond: 160,
})

/**
 * The shape of the record run of `docs`: ten short epochs at a high rate that goes to 0, validation leaping up and
 * down by eight points on the way (80.0, 79.7, 88.2, 91.5, 93.5), training at 98 % in the end.
 */
export const recordRun = (seed = 1): SyntheticRun => {
  const train = [0.695, 0.823, 0.845, 0.864, 0.881, 0.9, 0.919, 0.939, 0.963, 0.982]
  const validation = [0.7, 0.8, 0.84, 0.797, 0.86, 0.882, 0.88, 0.915, 0.925, 0.9347]
  const at = (curve: number[], p: number): number => curve[Math.min(curve.length - 1, Math.max(0, Math.ceil(p) - 1))]!
  return {
    seed,
    epochs: 10,
    stepsPerEpoch: 100,
    logEvery: 4,
    batchSize: 500,
    trainLoss: p => 0.867 + 2 * (1 - at(train, p)) + 1.2 * Math.exp(-p / 0.15),
    trainAccuracy: p => at(train, p) - 0.5 * Math.exp(-p / 0.15),
    validationLoss: e => 0.2 + 2.2 * (1 - at(validation, e)),
    validationAccuracy: e => at(validation, e),
    learningRate: e => 0.12 * (1 - (e - 1) / 10),
    start: { recipe: { model: 'airbench', augmentation: { flip: true, shift: 2 }, labelSmoothing: 0.2 } },
    imagesPerSecond: 500,
  }
}

/** Three epochs of a first try, far from done: too short to say anything about. */
export const shortRun = (seed = 1): SyntheticRun => ({ ...baselineRun(seed), epochs: 3 })

export const healthyRuns = { baselineRun, plateauRun, augmentedRun, recordRun, shortRun }
