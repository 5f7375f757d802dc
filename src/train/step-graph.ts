import { gradients } from '../autodiff/gradients.js'
import { checkpointsOf } from '../autodiff/recompute.js'
import { type Preprocess, preprocess } from '../classifier/preprocess.js'
import { UsageError } from '../core/errors.js'
import { sizeOf } from '../core/shape.js'
import { boxResize } from '../nn/box-resize.js'
import type { Loss } from '../nn/losses/categorical-crossentropy.js'
import type { Regularizer } from '../nn/regularizers.js'
import { type Layer, type ParameterSpec, Scope, type StatisticSpec, type Weights } from '../nn/scope.js'
import { Graph, type Node, type Value } from '../onnx/ir.js'
import { concat } from '../ops/concat.js'
import { div } from '../ops/div.js'
import { max } from '../ops/max.js'
import { mul, scale } from '../ops/mul.js'
import { reduceSumSquare } from '../ops/reduce-sum-square.js'
import { reshape } from '../ops/reshape.js'
import { sqrt } from '../ops/sqrt.js'
import type { Optimizer } from '../optim/optimizer.js'
import { accumulatedGradients, accumulateGradients } from './accumulation.js'
import type { Distillation } from './distillation.js'
import { fakeQuantized, type QuantizationAware } from './fake-quantization.js'
import { addLossScale, type LossScaling, scaledLoss, surviveOverflow, unscaled } from './loss-scaling.js'
import {
  averageStatistics,
  declareWeights,
  layoutState,
  type StateLayout,
  type StateTensor,
  updateParameters,
  updateStatistics,
} from './state-layout.js'
import { declareLabels, objective } from './step-loss.js'

export interface StepOptions {
  layer: Layer
  inputShape: readonly [number, number, number]
  classes: number
  batchSize: number
  preprocess: Preprocess
  loss: Loss
  optimizer: Optimizer
  /** Added to the loss for every trainable kernel. */
  kernelRegularizer?: Regularizer | undefined
  /** Longest gradient, all parameters together (Pascanu et al. 2013); none: not clipped. */
  clipNorm?: number | undefined
  /** Weight of each class in the loss, mean 1 over the training images; none: all 1. */
  classWeights?: readonly number[] | undefined
  /** A trained classifier that sees the same images; none: the labels alone teach. */
  distillation?: Distillation | undefined
  /** Labels are pairs, mixed (MixUp, CutMix): also inputs `otherLabels` int32 [B] and `labelShares` float32 [B]. */
  mixedLabels?: boolean | undefined
  /** A batch goes through the network in this many parts, and the update follows their mean gradient. Default 1. */
  accumulate?: number | undefined
  /** Averaged weights are carried along beside the trained ones. */
  averaged?: boolean | undefined
  /**
   * The forward pass is cut into this many segments, and all but the last are computed again for the gradients instead
   * of being kept (Chen et al. 2016, arXiv 1604.06174). Default: everything is kept.
   */
  recomputeSegments?: number | undefined
  /** For products in float16: gradients are taken of a scaled loss, and a step whose gradients overflow is left out. */
  lossScaling?: LossScaling | undefined
  /** Weights and activations are rounded as in the quantised classifier, and gradients go through the rounding. */
  quantizationAware?: QuantizationAware | undefined
  /** Height and width at which the network sees the images; default: theirs. */
  imageSize?: number
  /** Also give the gradient of each trainable parameter as output `gradient/NAME` (checks and diagnosis). */
  exposeGradients?: boolean
}

/** One training step as a graph: forward, loss, gradients, update. Everything a host needs to run it is said here. */
export interface StepPlan {
  graph: Graph
  /** With accumulation: what follows after the last part, from the sum of the gradients; `graph` then updates nothing. */
  update: Graph | undefined
  /** Images of a whole step. */
  batchSize: number
  /** Runs of `graph` in a step, each of batchSize / parts images. */
  parts: number
  state: StateLayout
  /** Sums of gradients; they live within a step only. */
  accumulators: readonly StateTensor[]
  parameters: readonly ParameterSpec[]
  statistics: readonly StatisticSpec[]
  mixedLabels: boolean
  /** uint8 inputs to fill with random bytes; of the shape that `graph` takes. */
  random: readonly { name: string; shape: readonly number[] }[]
  /** Trainable parameters in the order of the output `gradientNorms`. */
  trainable: readonly string[]
}

/**
 * Inputs: `images` uint8 [B, C, H, W], `labels` int32 [B], state, scalars, random bytes.
 * Outputs: `loss` [] (mean over the batch, with penalties), `correct` [] (count; of a mixed image, the share of the label
 * that was found), `gradientNorms` [P], next state; with `lossScaling` also `finite` []. With `accumulate` the outputs
 * from `gradientNorms` on are those of `update`.
 *
 * @throws FoveaError where the batch has no equal parts
 */
export function buildStep(options: StepOptions): StepPlan {
  const { inputShape, optimizer, mixedLabels = false, averaged, accumulate: parts = 1 } = options
  const partSize = equalParts(options.batchSize, parts)
  const part = { ...options, batchSize: partSize }
  const graph = new Graph('training-step')
  const images = graph.input('images', 'uint8', [partSize, ...inputShape])
  const labels = declareLabels(graph, partSize, mixedLabels)
  const specs = collectSpecs(part)
  const layout = layoutState(specs.parameters, specs.statistics, optimizer, averaged)
  const { lossScaling } = options
  if (lossScaling) addLossScale(layout, lossScaling)
  const values = declareWeights(graph, layout)
  const seen = atSize(preprocess(images, options.preprocess), options.imageSize)
  const weights: Weights = { parameter: spec => values.get(spec.name)!, statistic: spec => values.get(spec.name)! }
  const { quantizationAware } = options
  const scope = new Scope(
    graph,
    'training',
    quantizationAware ? fakeQuantized(weights, seen, quantizationAware) : weights,
  )
  const logits = options.layer(seen, scope)
  const trainable = specs.parameters.filter(spec => spec.trainable)
  const { kernelRegularizer, recomputeSegments } = options
  if (kernelRegularizer)
    for (const spec of trainable.filter(({ role }) => role === 'kernel'))
      scope.penalties.push(graph.within('penalty', () => kernelRegularizer(values.get(spec.name)!)))
  const checkpoints = recomputeSegments
    ? checkpointsOf(
        scope.layers.map(({ output }) => output),
        recomputeSegments,
      )
    : []
  const { loss, correct } = graph.within('loss', () => objective(logits, { images, labels }, scope.penalties, part))
  const variables = trainable.map(spec => values.get(spec.name)!)
  const found = gradients(lossScaling ? scaledLoss(loss, layout) : loss, variables, { checkpoints })
  const grads = new Map(trainable.map((spec, i) => [spec.name, found[i]!]))
  graph.output(loss, 'loss')
  graph.output(correct, 'correct')
  const batchStatistics = new Map(scope.statistics.map(({ spec, batch }) => [spec.name, batch]))
  let update: Graph | undefined
  let accumulators: StateTensor[] = []
  if (parts === 1) {
    applyGradients(graph, layout, trainable, grads, options)
    averageStatistics(graph, layout, updateStatistics(graph, layout, batchStatistics))
  } else {
    accumulators = accumulateGradients(graph, layout, grads, parts)
    updateStatistics(graph, layout, batchStatistics)
    update = new Graph('training-update')
    applyGradients(update, layout, trainable, accumulatedGradients(update, layout), options)
    averageStatistics(update, layout)
  }
  return {
    graph,
    update,
    batchSize: options.batchSize,
    parts,
    state: layout,
    accumulators,
    parameters: specs.parameters,
    statistics: specs.statistics,
    mixedLabels,
    random: scope.randomBytes.map(value => ({ name: value.name, shape: value.shape as number[] })),
    trainable: trainable.map(spec => spec.name),
  }
}

/** Of mixed precision: an update (Muon's is made of products) is computed as its weights are kept, in float32. */
export const outsideUpdate = ({ name }: Node): boolean => !name.startsWith('update/')

function equalParts(batchSize: number, parts: number): number {
  if (Number.isInteger(parts) && parts >= 1 && batchSize % parts === 0) return batchSize / parts
  throw new UsageError({
    where: 'accumulate',
    expected: `a number of equal parts of a batch of ${batchSize}`,
    received: String(parts),
    fix: 'choose a batch size that it divides',
  })
}

/** Norms, clipping, update: what is done with the gradients of a step. */
function applyGradients(
  graph: Graph,
  layout: StateLayout,
  trainable: readonly ParameterSpec[],
  gradientOf: ReadonlyMap<string, Value>,
  { clipNorm, exposeGradients, lossScaling }: StepOptions,
): void {
  const found = lossScaling ? unscaled(graph, layout, gradientOf) : gradientOf
  const grads = trainable.map(spec => found.get(spec.name)!)
  const gradientNorms = graph.within('gradientNorms', () => norms(grads))
  graph.output(gradientNorms, 'gradientNorms')
  const used = clipNorm ? graph.within('clip', () => clipped(grads, gradientNorms, clipNorm)) : grads
  const keep = lossScaling && surviveOverflow(graph, layout, gradientNorms, lossScaling)
  updateParameters(graph, layout, new Map(trainable.map((spec, i) => [spec.name, used[i]!])), keep)
  if (exposeGradients)
    trainable.forEach((spec, i) => {
      graph.output(reshape(scale(grads[i]!, 1), spec.shape), `gradient/${spec.name}`)
    })
}

/** Parameters and statistics of the training form, found by building it once on the side. */
function collectSpecs({ layer, batchSize, inputShape }: StepOptions) {
  const graph = new Graph('specification')
  const scope = new Scope(graph, 'training', {
    parameter: spec => graph.input(spec.name, 'float32', spec.shape),
    statistic: spec => graph.input(spec.name, 'float32', spec.shape),
  })
  layer(graph.input('images', 'float32', [batchSize, ...inputShape]), scope)
  return { parameters: scope.parameters, statistics: scope.statistics.map(({ spec }) => spec) }
}

const atSize = (images: Value, size: number | undefined): Value =>
  size === undefined ? images : images.graph.within('resize', () => boxResize(images, size, size))

/** Euclidean norm of each gradient, [P]. */
function norms(grads: readonly Value[]): Value {
  const squares = grads.map(g => reduceSumSquare(reshape(g, [sizeOf(g.shape as number[])]), [0], true))
  return sqrt(concat(squares as [Value, ...Value[]], 0))
}

/** g · min(1, clipNorm / ‖all gradients‖). The norms that are reported are those before. */
function clipped(grads: readonly Value[], norms: Value, clipNorm: number): Value[] {
  const length = sqrt(reduceSumSquare(norms, [0], false))
  const factor = div(norms.graph.float(clipNorm), max(length, norms.graph.float(clipNorm)))
  return grads.map(g => mul(g, factor))
}
