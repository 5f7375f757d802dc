import { type Preprocess, unitRange } from '../classifier/preprocess.js'
import { FoveaError, UsageError } from '../core/errors.js'
import { classCounts, type Dataset, type ImageSet, split } from '../data/image-set.js'
import { measureNormalization, normalizations } from '../data/normalization.js'
import type { Transform } from '../data/transforms/schema.js'
import { categoricalCrossentropy, type Loss } from '../nn/losses/categorical-crossentropy.js'
import { l1l2, type Regularizer } from '../nn/regularizers.js'
import type { Layer } from '../nn/scope.js'
import { withWidths } from '../nn/widths.js'
import { adam, adamW } from '../optim/adam.js'
import { type Averaging, ema, swa } from '../optim/averaging.js'
import { lamb } from '../optim/lamb.js'
import { lion } from '../optim/lion.js'
import { lookahead } from '../optim/lookahead.js'
import { masked } from '../optim/masked.js'
import { muon } from '../optim/muon.js'
import type { Optimizer } from '../optim/optimizer.js'
import { rmsprop } from '../optim/rmsprop.js'
import * as schedules from '../optim/schedules.js'
import { sgd } from '../optim/sgd.js'
import { buildCallback, type Callback } from './callbacks/index.js'
import type { Distillation } from './distillation.js'
import type { QuantizationAware } from './fake-quantization.js'
import type { LossScaling } from './loss-scaling.js'
import { buildModel } from './models/index.js'
import { openInitialWeights, type PublishedWeights, withInitialWeightsHash } from './published-weights.js'
import type { OptimizerData, PruningData, Recipe, ScheduleData } from './recipe.js'
import type { ResizingPhase } from './resizing-stepper.js'
import { openDistillation, withTeacherHash } from './teacher.js'

/** A training run with every part built: what a recipe means, or what a program put together itself. */
export interface TrainingPlan {
  layer: Layer
  training: ImageSet
  validation: ImageSet | undefined
  preprocess: Preprocess
  /** Reads the weights that the training begins with, where it does not go on from a checkpoint; none: random ones. */
  initialWeights?: (() => Promise<PublishedWeights>) | undefined
  loss: Loss
  optimizer: Optimizer
  /** Weights that become 0 on the way; the optimizer is then a masked one. */
  pruning?: PruningData | undefined
  distillation?: Distillation | undefined
  schedule: schedules.Schedule
  /** Averaged weights, which are then the ones that are evaluated and kept. */
  averaging: Averaging | undefined
  /** Parts that a batch goes through the network in. */
  accumulate: number
  /** Segments of the forward pass, all but the last of which are computed again for the gradients. */
  recomputeSegments: number | undefined
  /** Mixed precision; none: everything in float32. */
  lossScaling: LossScaling | undefined
  /** The training rounds as the quantised classifier will. */
  quantizationAware: QuantizationAware | undefined
  kernelRegularizer: Regularizer | undefined
  clipNorm: number | undefined
  classWeights: readonly number[] | undefined
  transforms: readonly Transform[]
  /** Smaller images in the first part of the run; none: the images as they are. */
  progressiveResizing: readonly ResizingPhase[]
  batchSize: number
  epochs: number
  seed: number
  callbacks: readonly Callback[]
}

export function planOf(recipe: Recipe, dataset: Dataset): TrainingPlan {
  const { training, validation } = splitFor(recipe, dataset)
  const { l1, l2 } = recipe.kernelRegularizer
  const { initialWeights } = recipe
  return {
    layer: networkOf(recipe, dataset.classNames.length),
    training,
    validation,
    preprocess: preprocessOf(recipe, dataset),
    loss: categoricalCrossentropy({ labelSmoothing: recipe.loss.labelSmoothing }),
    optimizer: wholeOptimizerOf(recipe),
    initialWeights: initialWeights && (() => openInitialWeights(initialWeights)),
    pruning: recipe.pruning,
    averaging: averagingOf(recipe.averaging),
    accumulate: recipe.accumulate,
    recomputeSegments: recipe.activationCheckpointing ?? undefined,
    lossScaling: recipe.mixedPrecision ?? undefined,
    quantizationAware: recipe.quantizationAware ?? undefined,
    schedule: scheduleOf(recipe.schedule),
    kernelRegularizer: l1 || l2 ? l1l2(l1, l2) : undefined,
    clipNorm: recipe.clipNorm ?? undefined,
    classWeights: classWeightsOf(recipe.classWeights, training),
    transforms: recipe.augmentation,
    progressiveResizing: recipe.progressiveResizing,
    batchSize: recipe.batchSize,
    epochs: recipe.epochs,
    seed: recipe.seed,
    callbacks: recipe.callbacks.map(buildCallback),
  }
}

/** The plan of a recipe with what must be read for it: the teacher. */
export async function openPlan(recipe: Recipe, dataset: Dataset): Promise<TrainingPlan> {
  const { distillation } = recipe
  const plan = planOf(recipe, dataset)
  return distillation ? { ...plan, distillation: await openDistillation(distillation, dataset.classNames) } : plan
}

/** The recipe with the hashes of the files that it names: other files are then refused. */
export const withFileHashes = async (recipe: Recipe): Promise<Recipe> =>
  withInitialWeightsHash(await withTeacherHash(recipe))

/** The network that a recipe means. */
export function networkOf({ model, widths }: Pick<Recipe, 'model' | 'widths'>, classes: number): Layer {
  const whole = buildModel(model, classes)
  return widths ? withWidths(whole, widths) : whole
}

/** The images that a recipe trains on and those it validates on; the same at every call. */
export function splitFor(
  { validation, seed }: Pick<Recipe, 'validation' | 'seed'>,
  dataset: Dataset,
): { training: ImageSet; validation: ImageSet } {
  const { train, test } = dataset
  if (validation.from === 'test') {
    if (test) return { training: train, validation: test }
    throw new UsageError({
      where: 'recipe: validation',
      expected: `test images in '${dataset.name}'`,
      received: 'none',
      fix: '--validation split',
    })
  }
  if (dataset.validation) return { training: train, validation: dataset.validation }
  if (validation.count >= train.count)
    throw new UsageError({
      where: 'recipe: validation.count',
      expected: `fewer than the ${train.count} training images of '${dataset.name}'`,
      received: String(validation.count),
      fix: `--set validation.count=${Math.max(1, Math.floor(train.count / 10))}`,
    })
  const [training, held] = split(train, [train.count - validation.count, validation.count], { seed })
  return { training: training!, validation: held! }
}

function preprocessOf({ preprocess }: Recipe, dataset: Dataset): Preprocess {
  if (preprocess === 'unit-range') return unitRange
  if (preprocess === 'dataset') return normalizations[dataset.name] ?? measureNormalization(dataset.train)
  return preprocess
}

/** The rule of a recipe with what is wrapped around it. */
export function wholeOptimizerOf({ optimizer, lookahead: looks, pruning, averaging }: Recipe): Optimizer {
  const second = looks ? 'lookahead' : averaging ? 'averaging' : undefined
  if (pruning && second)
    throw new UsageError({
      where: 'recipe: pruning',
      expected: `no ${second}: its second set of weights would keep what is pruned`,
      received: 'both',
      fix: `--set ${second}=null`,
    })
  const rule = optimizerOf(optimizer)
  if (pruning) return masked(rule)
  return looks ? lookahead(rule, looks) : rule
}

export function optimizerOf(data: OptimizerData): Optimizer {
  switch (data.type) {
    case 'sgd':
      return sgd(data)
    case 'rmsprop':
      return rmsprop(data)
    case 'adam':
      return adam(data)
    case 'adamw':
      return adamW(data)
    case 'lion':
      return lion(data)
    case 'lamb':
      return lamb(data)
    case 'muon':
      return muon({ ...data, others: optimizerOf(data.others) })
  }
}

function averagingOf(data: Recipe['averaging']): Averaging | undefined {
  if (data === null) return undefined
  return data.type === 'ema' ? ema(data) : swa(data)
}

export function scheduleOf(data: ScheduleData): schedules.Schedule {
  switch (data.type) {
    case 'constant':
      return schedules.constantRate()
    case 'step':
      return schedules.stepDecay(data)
    case 'exponential':
      return schedules.exponentialDecay(data)
    case 'linear':
      return schedules.linearDecay(data)
    case 'cosine':
      return schedules.cosineDecay(data)
    case 'one-cycle':
      return schedules.oneCycle(data)
    case 'warm-up':
      return schedules.warmUp({ epochs: data.epochs, followedBy: scheduleOf(data.followedBy) })
  }
}

/** What of a recipe depends on how long the run is, so that no epochs may be added later; undefined: nothing. */
export function boundToLength({ schedule, averaging, progressiveResizing, pruning }: Recipe): string | undefined {
  const inner = schedule.type === 'warm-up' ? schedule.followedBy : schedule
  if (!['constant', 'step', 'exponential'].includes(inner.type)) return `the ${schedule.type} schedule spreads`
  if (averaging?.type === 'swa') return 'the start of swa is a share of the run: it is counted'
  if (pruning) return 'pruning spreads'
  return progressiveResizing.length ? 'progressive resizing spreads' : undefined
}

/** Scaled to mean 1 over the training images, so that the learning rate keeps its meaning. */
export function classWeightsOf(given: Recipe['classWeights'], training: ImageSet): number[] | undefined {
  if (given === null) return undefined
  const counts = classCounts(training)
  if (given !== 'balanced' && given.length !== counts.length)
    throw new UsageError({
      where: 'recipe: classWeights',
      expected: `${counts.length} weights, one for each class of '${training.name}'`,
      received: String(given.length),
    })
  const empty = counts.indexOf(0)
  if (given === 'balanced' && empty >= 0)
    throw new FoveaError({
      where: 'recipe: classWeights',
      expected: 'training images of every class',
      received: `none of '${training.classNames[empty]}'`,
      fix: 'add images of it, or give the weights as a list',
    })
  const raw = given === 'balanced' ? counts.map(count => 1 / count) : given
  const mean = raw.reduce((sum, weight, c) => sum + weight * counts[c]!, 0) / training.count
  if (!(mean > 0))
    throw new UsageError({ where: 'recipe: classWeights', expected: 'a weight above 0', received: 'only zeros' })
  return raw.map(weight => weight / mean)
}
