import { gradients } from '../autodiff/gradients.js'
import { type Preprocess, preprocess } from '../classifier/preprocess.js'
import { sizeOf } from '../core/shape.js'
import { float32, tensor } from '../core/tensor.js'
import { boxResize } from '../nn/box-resize.js'
import type { Loss } from '../nn/losses/categorical-crossentropy.js'
import type { Regularizer } from '../nn/regularizers.js'
import { type Layer, type ParameterSpec, Scope, type StatisticSpec } from '../nn/scope.js'
import { Graph, type Value } from '../onnx/ir.js'
import { add } from '../ops/add.js'
import { argMax } from '../ops/arg-max.js'
import { cast } from '../ops/cast.js'
import { concat } from '../ops/concat.js'
import { div } from '../ops/div.js'
import { equal } from '../ops/equal.js'
import { gather } from '../ops/gather.js'
import { max } from '../ops/max.js'
import { mul, scale } from '../ops/mul.js'
import { reduceSum } from '../ops/reduce-sum.js'
import { reduceSumSquare } from '../ops/reduce-sum-square.js'
import { reshape } from '../ops/reshape.js'
import { sqrt } from '../ops/sqrt.js'
import type { Optimizer } from '../optim/optimizer.js'
import { type Distillation, distilled } from './distillation.js'
import { declareState, type StateLayout, updateParameters, updateStatistics } from './state-layout.js'

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
  /** Height and width at which the network sees the images; default: theirs. */
  imageSize?: number
  /** Also give the gradient of each trainable parameter as output `gradient/NAME` (checks and diagnosis). */
  exposeGradients?: boolean
}

/** One training step as a graph: forward, loss, gradients, update. Everything a host needs to run it is said here. */
export interface StepPlan {
  graph: Graph
  batchSize: number
  state: StateLayout
  parameters: readonly ParameterSpec[]
  statistics: readonly StatisticSpec[]
  /** uint8 inputs to fill with random bytes each step. */
  random: readonly { name: string; shape: readonly number[] }[]
  /** Trainable parameters in the order of the output `gradientNorms`. */
  trainable: readonly string[]
}

/**
 * Inputs: `images` uint8 [B, C, H, W], `labels` int32 [B], state, scalars, random bytes.
 * Outputs: `loss` [] (mean over the batch, with penalties), `correct` [] (count), `gradientNorms` [P], next state.
 */
export function buildStep(options: StepOptions): StepPlan {
  const { batchSize, inputShape, optimizer } = options
  const graph = new Graph('training-step')
  const images = graph.input('images', 'uint8', [batchSize, ...inputShape])
  const labels = graph.input('labels', 'int32', [batchSize])
  const specs = collectSpecs(options)
  const { layout, values } = declareState(graph, specs.parameters, specs.statistics, optimizer)
  const scope = new Scope(graph, 'training', {
    parameter: spec => values.get(spec.name)!,
    statistic: spec => values.get(spec.name)!,
  })
  const logits = options.layer(atSize(preprocess(images, options.preprocess), options.imageSize), scope)
  const trainable = specs.parameters.filter(spec => spec.trainable)
  const { kernelRegularizer } = options
  if (kernelRegularizer)
    for (const spec of trainable.filter(({ role }) => role === 'kernel'))
      scope.penalties.push(graph.within('penalty', () => kernelRegularizer(values.get(spec.name)!)))
  const { loss, correct } = graph.within('loss', () => objective(logits, { images, labels }, scope.penalties, options))
  const variables = trainable.map(spec => values.get(spec.name)!)
  const grads = gradients(loss, variables)
  graph.output(loss, 'loss')
  graph.output(correct, 'correct')
  const gradientNorms = graph.within('gradientNorms', () => norms(grads))
  graph.output(gradientNorms, 'gradientNorms')
  const { clipNorm } = options
  const used = clipNorm ? graph.within('clip', () => clipped(grads, gradientNorms, clipNorm)) : grads
  updateParameters(graph, layout, new Map(trainable.map((spec, i) => [spec.name, used[i]!])))
  updateStatistics(graph, layout, new Map(scope.statistics.map(({ spec, batch }) => [spec.name, batch])))
  if (options.exposeGradients)
    trainable.forEach((spec, i) => {
      graph.output(reshape(scale(grads[i]!, 1), spec.shape), `gradient/${spec.name}`)
    })
  return {
    graph,
    batchSize,
    state: layout,
    parameters: specs.parameters,
    statistics: specs.statistics,
    random: scope.randomBytes.map(value => ({ name: value.name, shape: value.shape as number[] })),
    trainable: trainable.map(spec => spec.name),
  }
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

function objective(
  logits: Value,
  { images, labels }: { images: Value; labels: Value },
  penalties: readonly Value[],
  { classes, batchSize, loss, classWeights, distillation }: StepOptions,
): { loss: Value; correct: Value } {
  const { graph } = logits
  const column = reshape(labels, [batchSize, 1])
  const classNumbers = graph.constant(
    tensor(
      'int32',
      [1, classes],
      Int32Array.from({ length: classes }, (_, i) => i),
    ),
  )
  const targets = cast(equal(column, classNumbers), 'float32')
  const fromLabels = loss(logits, targets)
  const perImage = distillation ? distilled(fromLabels, logits, images, distillation) : fromLabels
  const weighted = classWeights ? mul(perImage, gather(graph.constant(float32(classWeights)), labels, 0)) : perImage
  const mean = scale(reduceSum(weighted, [0], false), 1 / batchSize)
  const predicted = cast(argMax(logits, 1, false), 'int32')
  return {
    loss: penalties.reduce(add, mean),
    correct: reduceSum(cast(equal(predicted, labels), 'float32'), [0], false),
  }
}

/** Euclidean norm of each gradient, [P]. */
function norms(grads: readonly Value[]): Value {
  const squares = grads.map(g => reshape(reduceSumSquare(reshape(g, [sizeOf(g.shape as number[])]), [0], false), [1]))
  return sqrt(concat(squares as [Value, ...Value[]], 0))
}

/** g · min(1, clipNorm / ‖all gradients‖). The norms that are reported are those before. */
function clipped(grads: readonly Value[], norms: Value, clipNorm: number): Value[] {
  const length = sqrt(reduceSumSquare(norms, [0], false))
  const factor = div(norms.graph.float(clipNorm), max(length, norms.graph.float(clipNorm)))
  return grads.map(g => mul(g, factor))
}
