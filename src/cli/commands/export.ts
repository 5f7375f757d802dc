import { Option } from '@commander-js/extra-typings'
import { newestOpset, oldestOpset } from '../../onnx/opset.js'
import { printJson, wholeNumber } from '../options.js'
import { lineWriter } from '../status-line.js'
import type { AddCommand } from './index.js'

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`

export const addExport: AddCommand = (program, context) => {
  program
    .command('export')
    .description('write a classifier in another format, and prove it in the runtime of that format')
    .argument('<run>', 'run directory, or model.onnx')
    .requiredOption('--to <format>', 'onnx, tfjs, tflite or web')
    .addOption(
      new Option('--precision <numbers>', 'numbers inside (default: fp32)').choices(['fp32', 'fp16', 'int8'] as const),
    )
    .addOption(
      new Option('--layout <order>', 'order of the image input (default: what the format is used to)').choices([
        'nchw',
        'nhwc',
      ] as const),
    )
    .option('--fixed-batch <images>', 'images in every call (default: any number)', wholeNumber(1))
    .option('--opset <version>', `ONNX operator set, ${oldestOpset} to ${newestOpset}`, wholeNumber(oldestOpset))
    .addOption(
      new Option('--io <numbers>', 'ends of a TFLite file: bytes in (default), floats, or int8 in and out').choices([
        'uint8',
        'float',
        'int8',
      ] as const),
    )
    .option('--out <dir>', 'directory of the artefact (default: export/<format>-<precision> in the run)')
    .option('--verify <images>', 'test images to compare it with the classifier on', wholeNumber(1), 500)
    .option('--dataset <name>', 'another data set than the one it was trained on')
    .option('--data-dir <dir>', 'where data sets are kept (default: ~/.cache/fovea)')
    .option('--json', 'one JSON object as the last line of stdout')
    .action(async (path, { json, ...flags }) => {
      const { exportSource } = await import('../../runs/export-run.js')
      const { formatBytes } = await import('../../host/index.js')
      const line = lineWriter(context)
      const record = await exportSource({
        path,
        ...flags,
        cacheHome: context.cacheHome,
        onProgress: (done, total) => line.show(`verifying ${Math.floor((100 * done) / total)} %`),
      }).finally(() => line.end())
      if (json) return printJson(record)
      const { verification: v } = record
      process.stdout.write(
        [
          `${record.format}, ${record.precision}: ${formatBytes(record.sizeBytes)} in ${record.directory}`,
          ...record.files.map(file => `  ${file.path}  ${formatBytes(file.sizeBytes)}`),
          `verified in ${v.runtime} on ${v.images} images (${v.source})`,
          `top-1 agreement ${v.agreeing} of ${v.images}  largest probability difference ${v.largestDifference.toExponential(1)}`,
          ...(v.accuracy
            ? [
                `accuracy ${percent(v.accuracy.artefact)}, classifier ${percent(v.accuracy.classifier)} (${signed(v.accuracy.artefact - v.accuracy.classifier)} points)`,
              ]
            : []),
          `latency ${v.latency.medianMs.toFixed(2)} ms for ${v.latency.batch === 1 ? 'one image' : `${v.latency.batch} images`} (median of ${v.latency.runs})`,
          '',
        ].join('\n'),
      )
    })
}

const signed = (share: number): string => `${share < 0 ? '-' : '+'}${Math.abs(100 * share).toFixed(2)}`
