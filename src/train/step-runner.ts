import { FoveaError } from '../core/errors.js'
import { randomStream } from '../core/random.js'
import { sizeOf } from '../core/shape.js'
import { scalar, type Tensor, tensor } from '../core/tensor.js'
import type { Session } from '../runtime/session.js'
import type { StepPlan } from './step-graph.js'
import type { WeightMap } from './weights.js'

export interface StepInput {
  /** uint8 [B, C, H, W] and int32 [B]. */
  images: Uint8Array
  labels: Int32Array
  /** Steps done before this one. */
  step: number
  /** Schedule and callbacks together, × each rule's own learning rate. */
  rateFactor: number
}

export interface StepResult {
  /** Mean over the batch, penalties included. */
  loss: number
  /** Images of the batch that were classified right. */
  correct: number
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
  private readonly fetches: Buffers = {}
  private current: Buffers = {}
  private spare: Buffers = {}

  constructor(
    private readonly session: Session,
    private readonly plan: StepPlan,
    private readonly seed: number,
    weights: WeightMap,
  ) {
    const [images] = plan.graph.inputs
    this.feeds.images = tensor('uint8', images!.shape as number[])
    this.feeds.labels = tensor('int32', [plan.batchSize])
    for (const { name, shape } of plan.random) this.feeds[name] = tensor('uint8', shape)
    for (const name of plan.state.scalarNames) this.feeds[name] = scalar(0)
    for (const { name, shape, next } of plan.state.tensors) {
      this.current[name] = tensor('float32', shape)
      if (next) this.spare[name] = tensor('float32', shape)
    }
    for (const name of ['loss', 'correct']) this.fetches[name] = scalar(0)
    this.fetches.gradientNorms = tensor('float32', [plan.trainable.length])
    this.write(weights)
  }

  async step({ images, labels, step, rateFactor }: StepInput): Promise<StepResult> {
    const { feeds, fetches, plan } = this
    ;(feeds.images!.data as Uint8Array).set(images)
    ;(feeds.labels!.data as Int32Array).set(labels)
    for (const { name } of plan.random)
      randomStream(this.seed, 'dropout', step, name).fillBytes(feeds[name]!.data as Uint8Array)
    plan.state.rules.forEach((rule, r) => {
      for (const [name, value] of Object.entries(rule.scalars(step + 1, rule.learningRate * rateFactor)))
        (feeds[`rule${r}/${name}`]!.data as Float32Array)[0] = value
    })
    for (const { name, next } of plan.state.tensors) {
      feeds[name] = this.current[name]!
      if (next) fetches[next] = this.spare[name]!
    }
    await this.session.run(feeds, fetches)
    for (const name of Object.keys(this.spare)) {
      const kept = this.current[name]!
      this.current[name] = this.spare[name]!
      this.spare[name] = kept
    }
    return {
      loss: fetches.loss!.data[0] as number,
      correct: fetches.correct!.data[0] as number,
      gradientNorms: fetches.gradientNorms!.data as Float32Array,
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

  /** Sets parameters, statistics and slots by name; slots that are not given start at 0. */
  write(weights: WeightMap): void {
    for (const { name, shape, state, offset } of this.plan.state.placements) {
      const given = weights.get(name)
      const size = sizeOf(shape)
      if (!given && name.startsWith('optimizer/')) this.view(state, offset, size).fill(0)
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
