import { float32, type Tensor } from '../../core/tensor.js'
import type { Control } from '../callbacks/callback.js'
import type { EpochEvent } from '../events.js'
import type { FitHost, Stepper, Validation } from '../fit-host.js'
import type { WeightMap } from '../weights.js'

/** An epoch with the given validation loss; the rest is of no importance. */
export const epochOf = (epoch: number, validationLoss: number, more: Partial<EpochEvent> = {}): EpochEvent => ({
  type: 'epoch',
  epoch,
  step: epoch * 10,
  seconds: 2,
  imagesPerSecond: 320,
  trainLoss: 1,
  trainAccuracy: 0.5,
  validationLoss,
  validationAccuracy: 1 - validationLoss / 10,
  learningRate: 0.1,
  activations: [],
  ...more,
})

/** Writes down what a callback asks for. `weights()` gives one number that can be set. */
export function recordingControl(baseLearningRate = 0.1) {
  const seen = {
    stops: [] as string[],
    notices: [] as string[],
    chosen: [] as { epoch: number; value: number }[],
    saved: [] as number[],
  }
  const files = new Map<string, Uint8Array>()
  const held = { value: 0 }
  const numberIn = (weights: WeightMap): number => (weights.get('w') as Tensor).data[0] as number
  const control: Control = {
    baseLearningRate,
    files: {
      append(name, content) {
        const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
        files.set(name, Uint8Array.from([...(files.get(name) ?? []), ...bytes]))
      },
      truncate(name, size) {
        const kept = files.get(name)
        if (kept) files.set(name, kept.slice(0, size))
      },
    },
    weights: () => new Map([['w', float32([held.value])]]),
    stop: (_, message) => seen.stops.push(message),
    notice: (_, message) => seen.notices.push(message),
    saveBest: async (weights, { epoch }) => {
      seen.saved.push(epoch, numberIn(weights))
    },
    choose: (weights, epoch) => seen.chosen.push({ epoch, value: numberIn(weights) }),
  }
  return { control, seen, files, held }
}

/**
 * A network of one weight that follows its own loss downhill: w -= rate · factor · (w + noise of the batch). Its slot
 * counts steps, so that a resumption that loses the slots shows.
 */
export class OneWeight implements Stepper {
  private w = 4
  private count = 0
  constructor(
    private readonly rate = 0.01,
    private readonly lossAt: (step: number) => number | undefined = () => undefined,
  ) {}
  async step({ labels, step, rateFactor }: Parameters<Stepper['step']>[0]) {
    const gradient = Math.fround(this.w + labels[0]! / 100 + this.count / 1000)
    this.w = Math.fround(this.w - this.rate * rateFactor * gradient)
    this.count++
    const loss = this.lossAt(step) ?? this.w * this.w
    return { loss, correct: 1, gradientNorms: Float32Array.of(Math.abs(gradient)) }
  }
  read(): WeightMap {
    return new Map([
      ['w', float32([this.w])],
      ['optimizer/count/w', float32([this.count])],
    ])
  }
  peek(): Float32Array {
    return Float32Array.of(this.w)
  }
  write(weights: WeightMap): void {
    this.w = weights.get('w')!.data[0] as number
    this.count = weights.get('optimizer/count/w')!.data[0] as number
  }
}

/** A host for the loop: 10 steps an epoch, batches that depend on the step alone, a clock that ticks by the step. */
export function hostOf(more: Partial<FitHost> = {}): FitHost {
  let ticks = 0
  let step = more.snapshot?.step ?? 0
  const batch = () => ({ images: new Uint8Array(1), labels: Int32Array.of((step++ * 7) % 13) })
  const { control } = recordingControl()
  return {
    stepper: new OneWeight(),
    batches: { next: async () => batch(), release: () => undefined },
    batchSize: 2,
    stepsPerEpoch: 10,
    epochs: 4,
    learningRate: 0.01,
    schedule: () => 1,
    callbacks: [],
    trainable: ['w'],
    validate: async weights => scoreOf(weights),
    onEvent: () => undefined,
    files: control.files,
    now: () => ++ticks * 10,
    breathe: async () => undefined,
    interrupted: () => false,
    saveEveryMs: 60,
    ...more,
  }
}

const scoreOf = (weights: WeightMap): Validation => {
  const w = weights.get('w')!.data[0] as number
  return { loss: w * w + 0.5, accuracy: 1 / (1 + w * w), activations: [] }
}
