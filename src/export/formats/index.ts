import { didYouMean, UsageError } from '../../core/errors.js'
import type { ExportFormat } from '../format.js'
import { onnxFormat } from './onnx/index.js'
import { tfjsFormat } from './tfjs/index.js'
import { tfliteFormat } from './tflite/index.js'
import { webFormat } from './web/index.js'

/** Every format, one folder each. */
export const formats = [onnxFormat, tfjsFormat, tfliteFormat, webFormat] as const satisfies readonly ExportFormat[]

export type FormatName = (typeof formats)[number]['name']
export const formatNames = formats.map(format => format.name)

export function formatNamed(name: string): ExportFormat {
  const found = formats.find(format => format.name === name)
  if (found) return found
  const near = didYouMean(name, formatNames)
  throw new UsageError({
    where: 'export format',
    expected: formatNames.join(', '),
    received: `'${name}'`,
    ...(near ? { fix: `did you mean '${near}'?` } : {}),
  })
}
