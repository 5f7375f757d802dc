import type { ExportFormat } from '../../format.js'
import { FILE_NAME } from './file-name.js'
import { openLiteRt } from './runtime.js'
import { writeTflite } from './write.js'

export const tfliteFormat = {
  name: 'tflite',
  description: 'one TFLite file, for phones and small boards (LiteRT)',
  precisions: ['fp32', 'fp16', 'int8'],
  layouts: ['nhwc'],
  choices: ['fixedBatch', 'io'],
  write: async (classifier, options) => [{ path: FILE_NAME, content: await writeTflite(classifier, options) }],
  openRuntime: openLiteRt,
} as const satisfies ExportFormat
