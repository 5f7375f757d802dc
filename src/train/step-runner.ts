import { FoveaError } from '../core/errors.js'
import { randomStream } from '../core/random.js'
import { sizeOf } from '../core/shape.js'
import { scalar, type Tensor, tensor } from '../core/tensor.js'
import type { Graph } from '../onnx/ir.js'
import type { Session } from '../runtime/session.js'
import { KEEP_SUM } from './accumulation.js'
import { KEEP_AVERAGE, type Placement, type StateTensor, TAKE_WEIGHTS } from './state-layout.js'
import type { StepPlan } from './step-graph.js'
import type { WeightMap } from './weights.js'

export interface StepInput {
  /** uint8 [B, C, H, W] and int32 [B]. */
  images: Uint8Array
  labels: Int32Array
  /** Where labels are pairs: the second of each, int32 [B], and the share of the first, float32 [B]. */
  mixed?: { labels: Int32Array; shares: Float32Array } | undefined
  /** Steps done before this one. */
  step: number
  /** Schedule and callbacks together, × each rule's own learning rate. */
  rateFactor: number
  /** Of averaged weights: average = keep · average + take · weights. */
  averaging?: { keep: number; take: number } | undefined
}

export interface StepResult {
  /** Mean over the batch, penalties included. */
  loss: number
  /** Images of the batch that were classified right; a mixed image counts the share of the label that was found. */
  correct: number
  /** The gradients overflowed in float16, and the step changed nothing but their scale. */
  skipped?: boolean
  /** Norm of each trainable parameter's gradient; overwritten by the next step. */
  gradientNorms: Float32Array
}

type Buffers = Record<string, Tensor>

/**
 * Holds the state of a training and moves it forward one step at a time. State lives in two sets of buffers that
 * swap roles each step: the runtime reads one and writes the other, and nothing is allocated.
 */
export class StepRunner {
  private readonly feeds: Buffers = {}
  private readonly results: Buffers = {}
  private current: Buffers = {}
  private spare: Buffers = {}
  /** Random bytes of a whole batch; a part of it takes its rows. */
  private readonly bytes: { name: string; whole: Uint8Array }[]
  private readonly placements: ReadonlyMap<string, Placement>
  private readonly tensors: readonly StateTensor[]
  private readonly outputs: { step: ReadonlySet<string>; update: ReadonlySet<string> }

  constructor(
    private readonly session: Session,
    private readonly plan: StepPlan,
    private readonly seed: number,
    weights: WeightMap,
    /** Of `plan.update`, where the plan accumulates. */
    private readonly updateSession?: Session | undefined,
  ) {
    const { graph, update, batchSize, parts } = plan
    this.feeds.images = tensor('uint8', graph.inputs[0]!.shape as number[])
    this.feeds.labels = tensor('int32', [batchSize / parts])
    if (plan.mixedLabels) {
      this.feeds.otherLabels = tensor('int32', [batchSize / parts])
      this.feeds.labelShares = tensor('float32', [batchSize / parts])
    }
    this.bytes = plan.random.map(({ name, shape }) => {
      this.feeds[name] = tensor('uint8', shape)
      return { name, whole: new Uint8Array(sizeOf(shape) * parts) }
    })
    for (const name of [...plan.state.scalarNames, KEEP_SUM, KEEP_AVERAGE, TAKE_WEIGHTS]) this.feeds[name] = scalar(0)
    this.placements = new Map(plan.state.placements.map(placement => [placement.name, placement]))
    this.tensors = [...plan.state.tensors, ...plan.accumulators]
    for (const { name, shape, next } of this.tensors) {
      this.current[name] = tensor('float32', shape)
      if (next) this.spare[name] = tensor('float32', shape)
    }
    for (const name of ['loss', 'correct', 'finite']) this.results[name] = scalar(1)
    this.results.gradientNorms = tensor('float32', [plan.trainable.length])
    const namesOf = (of: Graph | undefined) => new Set(of?.outputs.map(({ name }) => name))
    this.outputs = { step: namesOf(graph), update: namesOf(update) }
    this.write(weights)
  }

  async step(input: StepInput): Promise<StepResult> {
    const { plan, results } = this
    this.setScalars(input)
    for (const { name, whole } of this.bytes) randomStream(this.seed, 'dropout', input.step, name).fillBytes(whole)
    let loss = 0
    let correct = 0
    for (let part = 0; part < plan.parts; part++) {
      this.setPart(input, part)
      await this.runGraph(this.session, this.outputs.step)
      loss += (results.loss!.data[0] as number) / plan.parts
      correct += results.correct!.data[0] as number
    }
    if (this.updateSession) await this.runGraph(this.updateSession, this.outputs.update)
    const skipped = results.finite!.data[0] === 0
    return { loss, correct, skipped, gradientNorms: results.gradientNorms!.data as Float32Array }
  }

  private set(name: string, values: ArrayLike<number>): void {
    ;(this.feeds[name]!.data as Float32Array | Int32Array | Uint8Array).set(values)
  }

  private setScalars({ step, rateFactor, averaging }: StepInput): void {
    this.plan.state.rules.forEach((rule, r) => {
      for (const [name, value] of Object.entries(rule.scalars(step + 1, rule.learningRate * rateFactor)))
        this.set(`rule${r}/${name}`, [value])
    })
    if (averaging) {
      this.set(KEEP_AVERAGE, [averaging.keep])
      this.set(TAKE_WEIGHTS, [averaging.take])
    }
  }

  /** The rows of one part of the batch, and whether its gradient begins a sum. */
  private setPart({ images, labels, mixed }: StepInput, part: number): void {
    const { feeds, plan } = this
    const rows = <T extends Uint8Array | Int32Array | Float32Array>(whole: T): T => {
      const size = whole.length / plan.parts
      return whole.subarray(part * size, (part + 1) * size) as T
    }
    this.set('images', rows(images))
    this.set('labels', rows(labels))
    if (plan.mixedLabels) {
      this.set('otherLabels', rows(mixed!.labels))
      this.set('labelShares', rows(mixed!.shares))
    }
    for (const { name, whole } of this.bytes) (feeds[name]!.data as Uint8Array).set(rows(whole))
    this.set(KEEP_SUM, [part === 0 ? 0 : 1])
  }

  /** Runs one graph and takes over what it says of the next state. */
  private async runGraph(session: Session, outputs: ReadonlySet<string>): Promise<void> {
    const { feeds } = this
    const fetches: Buffers = {}
    for (const [name, buffer] of Object.entries(this.results)) if (outputs.has(name)) fetches[name] = buffer
    for (const { name, next } of this.tensors) {
      feeds[name] = this.current[name]!
      if (next && outputs.has(next)) fetches[next] = this.spare[name]!
    }
    await session.run(feeds, fetches)
    for (const { name, next } of this.tensors) {
      if (!next || !outputs.has(next)) continue
      const kept = this.current[name]!
      this.current[name] = this.spare[name]!
      this.spare[name] = kept
    }
  }

  /** A copy of everything that a later run needs to go on from here, by name. */
  read(): WeightMap {
    return new Map(
      this.plan.state.placements.map(({ name, shape, state, offset }) => [
        name,
        tensor('float32', shape, this.view(state, offset, sizeOf(shape)).slice()),
      ]),
    )
  }

  /** One parameter, statistic or slot as it stands, not copied: overwritten by the step after the next. */
  peek(name: string): Float32Array {
    const { shape, state, offset } = this.placements.get(name)!
    return this.view(state, offset, sizeOf(shape))
  }

  /** Sets parameters, statistics and slots by name; slots that are not given start at 0 or as copies of weights. */
  write(weights: WeightMap): void {
    for (const { name, shape, state, offset, startsAt, startsWith } of this.plan.state.placements) {
      const given = weights.get(name) ?? (startsAt === undefined ? undefined : weights.get(startsAt))
      const size = sizeOf(shape)
      if (!given && startsWith) this.view(state, offset, size).set(startsWith)
      else if (!given && name.startsWith('optimizer/')) this.view(state, offset, size).fill(0)
      else if (given?.dtype === 'float32' && given.data.length === size)
        this.view(state, offset, size).set(given.data as Float32Array)
      else
        throw new FoveaError({
          where: `weight '${name}'`,
          expected: `float32 [${shape.join(', ')}]`,
          received: given ? `${given.dtype} [${given.shape.join(', ')}]` : 'nothing',
          fix: 'use a checkpoint of the same model and optimizer',
        })
    }
  }

  private view(state: string, offset: number, size: number): Float32Array {
    return (this.current[state]!.data as Float32Array).subarray(offset, offset + size)
  }
}
