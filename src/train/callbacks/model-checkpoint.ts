import { z } from 'zod'
import type { WeightMap } from '../weights.js'
import { type Callback, directionOf, metrics } from './callback.js'

export const modelCheckpointSchema = z.strictObject({
  type: z.literal('model-checkpoint'),
  monitor: z.enum(metrics).default('validationAccuracy'),
  mode: z.enum(['auto', 'min', 'max']).default('auto'),
})

export type ModelCheckpointOptions = Partial<Omit<z.input<typeof modelCheckpointSchema>, 'type'>>

/**
 * Keeps the weights of the best epoch as checkpoint `best`; the classifier is made of them. (Checkpoint `last` needs
 * no callback: every run writes it.) A tie goes to the earlier epoch, as with Keras' save_best_only.
 */
export function modelCheckpoint(options: ModelCheckpointOptions = {}): Callback {
  const { monitor, mode } = modelCheckpointSchema.parse({ ...options, type: 'model-checkpoint' })
  const sign = directionOf(monitor, mode) === 'min' ? 1 : -1
  let state = { best: null as number | null, bestEpoch: 0 }
  let bestWeights: WeightMap = new Map()
  return {
    name: 'model-checkpoint',
    monitor,
    async epochEnd(epoch, control) {
      const current = epoch[monitor]
      if (current === undefined || Number.isNaN(current)) return
      if (state.best !== null && sign * current >= sign * state.best) return
      state = { best: current, bestEpoch: epoch.epoch }
      bestWeights = control.weights()
      await control.saveBest(bestWeights, { epoch: epoch.epoch, monitor, value: current })
    },
    end(control) {
      if (bestWeights.size) control.choose(bestWeights, state.bestEpoch, `best ${monitor}`)
    },
    state: () => ({ ...state }),
    tensors: () => bestWeights,
    restore(kept, tensors) {
      state = { ...(kept as typeof state) }
      bestWeights = tensors
    },
  }
}
