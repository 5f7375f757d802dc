import type { ExportFormat } from '../../format.js'
import { openOnnx } from './runtime.js'
import { writeOnnx } from './write.js'

export const onnxFormat = {
  name: 'onnx',
  description: 'one ONNX file, for every runtime that reads the standard',
  precisions: ['fp32', 'fp16'],
  layouts: ['nchw', 'nhwc'],
  choices: ['fixedBatch', 'opset'],
  write: async (classifier, options) => [{ path: 'model.onnx', content: writeOnnx(classifier, options) }],
  openRuntime: openOnnx,
} as const satisfies ExportFormat
