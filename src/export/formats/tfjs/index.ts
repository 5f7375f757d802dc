import type { ExportFormat } from '../../format.js'
import { openTfjs } from './runtime.js'
import { writeTfjs } from './write.js'

export const tfjsFormat = {
  name: 'tfjs',
  description: 'a TensorFlow.js graph model; fp16 and int8 store the weights so and compute in float32',
  precisions: ['fp32', 'fp16', 'int8'],
  layouts: ['nhwc'],
  choices: ['fixedBatch'],
  write: writeTfjs,
  openRuntime: openTfjs,
} as const satisfies ExportFormat
