import { UsageError } from '../core/errors.js'
import type { Callback, Control, Metric } from './callbacks/callback.js'
import { watched } from './callbacks/terminate-on-nan.js'
import type { EpochEvent, StepEvent } from './events.js'
import type { EndReason, EpochSums, FitHost, FitResult, Snapshot } from './fit-host.js'
import type { StepResult } from './step-runner.js'
import { allFinite, evaluatedWeights, norm, type WeightMap } from './weights.js'

const SAVE_EVERY_MS = 15_000
const LOG_EVERY = 25
const LOG_ALL_UNTIL = 10
const noSums = (): EpochSums => ({ steps: 0, loss: 0, correct: 0, seconds: 0 })

/** The training loop. It knows no file, no process and no runtime: those come in as parameters. */
export async function fitLoop(host: FitHost): Promise<FitResult> {
  return new Loop(host).run()
}

class Loop {
  private readonly callbacks: readonly Callback[]
  private step = 0
  private sums = noSums()
  private history: EpochEvent[] = []
  private ending: { reason: EndReason; message: string } | undefined
  private chosen: { weights: WeightMap; epoch: number; why: string } | undefined
  private savedAt: number
  private imagesHere = 0
  private secondsHere = 0
  /** The weights after the last step, copied once for all who look at them there. */
  private read: WeightMap | undefined
  /** What is evaluated and kept of them. */
  private network: WeightMap | undefined
  private readonly control: Control

  constructor(private readonly host: FitHost) {
    this.callbacks = watched(host.callbacks)
    this.control = this.makeControl()
    this.refuseBlindCallbacks()
    if (host.snapshot) this.restore(host.snapshot)
    this.savedAt = host.now()
  }

  async run(): Promise<FitResult> {
    const { host } = this
    const position = { step: this.step, resumed: host.snapshot !== undefined }
    for (const callback of this.callbacks) callback.begin?.(this.control, position)
    while (!(this.ending ??= this.plannedEnd())) {
      await this.oneStep()
      if (!this.ending && this.step % host.stepsPerEpoch === 0) await this.finishEpoch()
      else if (!this.ending && host.now() - this.savedAt >= (host.saveEveryMs ?? SAVE_EVERY_MS)) await this.save()
      await host.breathe()
    }
    if (this.ending.reason !== 'not-a-number') await this.save()
    for (const callback of this.callbacks) callback.end?.(this.control)
    if (this.ending.reason !== 'not-a-number') await this.measured()
    return this.result(this.ending, await this.validationOfResult(this.ending.reason))
  }

  private get epoch(): number {
    return Math.floor(this.step / this.host.stepsPerEpoch) + 1
  }

  private plannedEnd(): { reason: EndReason; message: string } | undefined {
    const { host, step } = this
    if (step >= host.epochs * host.stepsPerEpoch) return { reason: 'completed', message: `${host.epochs} epochs done` }
    if (host.maxSteps !== undefined && step >= host.maxSteps)
      return { reason: 'max-steps', message: `${step} steps done` }
    if (host.interrupted()) return { reason: 'interrupted', message: `interrupted after step ${step}` }
    return undefined
  }

  private async oneStep(): Promise<void> {
    const { host, sums, epoch } = this
    this.read = undefined
    this.network = undefined
    const began = host.now()
    const batch = await host.batches.next()
    const rateFactor = this.rateFactor(epoch)
    const { images, labels, mixed } = batch
    const averaging = host.averaging?.factors(this.progress(this.step))
    const result = await host.stepper.step({ images, labels, mixed, step: this.step, rateFactor, averaging })
    host.batches.release(batch)
    const stepMs = host.now() - began
    this.step++
    sums.steps++
    sums.loss += result.loss
    sums.correct += result.correct
    sums.seconds += stepMs / 1000
    this.imagesHere += host.batchSize
    this.secondsHere += stepMs / 1000
    const learningRate = host.learningRate * rateFactor
    const record = { step: this.step, epoch, loss: result.loss, learningRate }
    if (result.skipped)
      this.notice('mixed-precision', `gradients of step ${this.step} overflowed: not applied, scale of the loss halved`)
    else if (this.step <= LOG_ALL_UNTIL || this.step % LOG_EVERY === 0 || !Number.isFinite(result.loss))
      host.onEvent({
        type: 'step',
        ...record,
        accuracy: result.correct / host.batchSize,
        ...this.norms(result),
        stepMs,
      })
    for (const callback of this.callbacks) callback.stepEnd?.(record, this.control)
    host.onProgress?.({
      step: this.step,
      epoch,
      epochs: host.epochs,
      stepInEpoch: sums.steps,
      stepsPerEpoch: host.stepsPerEpoch,
      loss: sums.loss / sums.steps,
      accuracy: sums.correct / (sums.steps * host.batchSize),
      learningRate,
      stepMs,
    })
  }

  private weights(): WeightMap {
    return (this.read ??= this.host.stepper.read())
  }

  private progress(step: number): { step: number; totalSteps: number; stepsPerEpoch: number } {
    const { epochs, stepsPerEpoch } = this.host
    return { step, totalSteps: epochs * stepsPerEpoch, stepsPerEpoch }
  }

  /** The weights that are evaluated and kept; their running statistics measured again where the average asks for it. */
  private async measured(): Promise<WeightMap> {
    const { averaging, measure } = this.host
    const network = evaluatedWeights(this.weights())
    const again = this.step > 0 && averaging?.remeasures(this.progress(this.step - 1))
    return (this.network ??= again && measure ? await measure(network) : network)
  }

  private evaluated(): WeightMap {
    return (this.network ??= evaluatedWeights(this.weights()))
  }

  private rateFactor(epoch: number): number {
    const { schedule, learningRate } = this.host
    const scheduled = schedule(this.progress(this.step))
    return this.callbacks.reduce((f, callback) => f * (callback.rateFactor?.(epoch, learningRate) ?? 1), scheduled)
  }

  private norms(result: StepResult): Pick<StepEvent, 'gradientNorms' | 'parameterNorms'> {
    const gradientNorms = Object.fromEntries(this.host.trainable.map((name, i) => [name, result.gradientNorms[i]!]))
    const parameterNorms = Object.fromEntries(
      this.host.trainable.map(name => [name, norm(this.host.stepper.peek(name))]),
    )
    return { gradientNorms, parameterNorms }
  }

  /** The epoch that ends with the last step: validation, record, callbacks, checkpoint. */
  private async finishEpoch(): Promise<void> {
    const { host, sums } = this
    const epoch = this.step / host.stepsPerEpoch
    const images = sums.steps * host.batchSize
    const validation = await host.validate?.(await this.measured())
    const record: EpochEvent = {
      type: 'epoch',
      epoch,
      step: this.step,
      seconds: sums.seconds,
      imagesPerSecond: images / sums.seconds,
      trainLoss: sums.loss / sums.steps,
      trainAccuracy: sums.correct / images,
      ...(validation ? { validationLoss: validation.loss, validationAccuracy: validation.accuracy } : {}),
      learningRate: host.learningRate * this.rateFactor(epoch),
      activations: validation?.activations ?? [],
      ...(host.rssBytes ? { rssBytes: host.rssBytes() } : {}),
    }
    this.history.push(record)
    this.sums = noSums()
    host.onEvent(record)
    for (const callback of this.callbacks) await callback.epochEnd?.(record, this.control)
    if (!this.ending) await this.save()
  }

  private async save(): Promise<void> {
    const { host } = this
    this.savedAt = host.now()
    if (!host.save) return
    const snapshot = this.snapshot()
    // A step can spoil the weights while its own loss still looks well: the last good checkpoint stays.
    if (!allFinite(snapshot.weights)) return
    await host.save(snapshot)
    this.savedAt = host.now()
  }

  private snapshot(): Snapshot {
    return {
      step: this.step,
      epochSums: { ...this.sums },
      history: this.history,
      callbacks: this.callbacks.map(callback => ({
        name: callback.name,
        state: callback.state?.() ?? null,
        tensors: callback.tensors?.() ?? new Map(),
      })),
      stopped: this.ending?.reason === 'early-stopping' ? this.ending : null,
      weights: this.weights(),
    }
  }

  private restore({ step, epochSums, history, callbacks, stopped, weights }: Snapshot): void {
    this.step = step
    this.ending = stopped ?? undefined
    this.sums = { ...epochSums }
    this.history = [...history]
    this.host.stepper.write(weights)
    this.read = undefined
    this.network = undefined
    this.callbacks.forEach((callback, i) => {
      const kept = callbacks[i]
      if (kept?.name !== callback.name)
        throw new UsageError({
          where: 'resume',
          expected: `callback ${i + 1} to be '${kept?.name ?? 'none'}', as in the checkpoint`,
          received: `'${callback.name}'`,
          fix: 'resume with the callbacks that the run began with',
        })
      if (kept.state !== null) callback.restore?.(kept.state, kept.tensors)
    })
  }

  private makeControl(): Control {
    const { host } = this
    return {
      files: host.files,
      baseLearningRate: host.learningRate,
      weights: () => this.evaluated(),
      stop: (reason, message) => {
        this.ending ??= { reason, message }
        this.notice(reason, message)
      },
      notice: (source, message) => this.notice(source, message),
      saveBest: async (weights, facts) => host.saveBest?.(weights, facts),
      choose: (weights, epoch, why) => {
        this.chosen ??= { weights, epoch, why }
      },
    }
  }

  private notice(source: string, message: string): void {
    const epoch = Math.max(1, Math.ceil(this.step / this.host.stepsPerEpoch))
    this.host.onEvent({ type: 'notice', epoch, step: this.step, source, message })
  }

  private refuseBlindCallbacks(): void {
    const { host } = this
    for (const { name, monitor } of this.callbacks)
      if (!host.validate && monitor?.startsWith('validation'))
        throw new UsageError({
          where: `callback ${name}`,
          expected: `validation images, to watch ${monitor satisfies Metric}`,
          received: 'none',
          fix: 'give validation images, or watch trainLoss or trainAccuracy',
        })
  }

  /** Weights that an epoch ended with were scored there; those of the middle of an epoch are scored now. */
  private async validationOfResult(reason: EndReason): Promise<FitResult['weightsValidation']> {
    const { host, history, chosen } = this
    const known = chosen ? history.find(e => e.epoch === chosen.epoch) : history.find(e => e.step === this.step)
    if (known?.validationLoss !== undefined && known.validationAccuracy !== undefined)
      return { loss: known.validationLoss, accuracy: known.validationAccuracy }
    if (known || reason === 'interrupted' || reason === 'not-a-number') return undefined
    return host.validate?.(this.evaluated())
  }

  private result(
    { reason, message }: { reason: EndReason; message: string },
    validation: FitResult['weightsValidation'],
  ): FitResult {
    const { history, sums, chosen } = this
    const lastWeights = this.weights()
    const averaged = this.host.averaging ? `, averaged (${this.host.averaging.name})` : ''
    return {
      reason,
      message,
      step: this.step,
      epochs: history.length,
      seconds: history.reduce((sum, epoch) => sum + epoch.seconds, sums.seconds),
      imagesPerSecond: this.secondsHere > 0 ? this.imagesHere / this.secondsHere : 0,
      history,
      trainLoss: sums.steps > 0 ? sums.loss / sums.steps : (history.at(-1)?.trainLoss ?? Number.NaN),
      lastWeights,
      weights: chosen?.weights ?? this.evaluated(),
      weightsFrom: `${chosen ? `epoch ${chosen.epoch}, ${chosen.why}` : `step ${this.step}, the last`}${averaged}`,
      weightsValidation: validation,
    }
  }
}
