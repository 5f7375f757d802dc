import { z } from 'zod'
import type { Callback } from './callback.js'
import { csvLogger, csvLoggerSchema } from './csv-logger.js'
import { earlyStopping, earlyStoppingSchema } from './early-stopping.js'
import { modelCheckpoint, modelCheckpointSchema } from './model-checkpoint.js'
import { reduceLROnPlateau, reduceLROnPlateauSchema } from './reduce-lr-on-plateau.js'
import { tensorBoard, tensorBoardSchema } from './tensor-board.js'
import { terminateOnNaN, terminateOnNaNSchema } from './terminate-on-nan.js'

export type { Callback, Control, Metric, RunFiles } from './callback.js'
export { learningRateScheduler } from './learning-rate-scheduler.js'
export { csvLogger, earlyStopping, modelCheckpoint, reduceLROnPlateau, tensorBoard, terminateOnNaN }

/** A callback as data: what a recipe may name. */
export const callbackSchema = z.discriminatedUnion('type', [
  reduceLROnPlateauSchema,
  earlyStoppingSchema,
  modelCheckpointSchema,
  csvLoggerSchema,
  tensorBoardSchema,
  terminateOnNaNSchema,
])
export type CallbackData = z.output<typeof callbackSchema>

export function buildCallback(data: CallbackData): Callback {
  switch (data.type) {
    case 'reduce-lr-on-plateau':
      return reduceLROnPlateau(data)
    case 'early-stopping':
      return earlyStopping(data)
    case 'model-checkpoint':
      return modelCheckpoint(data)
    case 'csv-logger':
      return csvLogger(data)
    case 'tensor-board':
      return tensorBoard(data)
    case 'terminate-on-nan':
      return terminateOnNaN()
  }
}
