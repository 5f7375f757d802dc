import { Option } from '@commander-js/extra-typings'
import { printJson, wholeNumber } from '../options.js'
import { lineWriter } from '../status-line.js'
import type { AddCommand } from './index.js'

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`

export const addQuantize: AddCommand = (program, context) => {
  program
    .command('quantize')
    .description('an int8 classifier: smaller and faster, compared on the test images with the one it was made of')
    .argument('<run>', 'run directory, or model.onnx')
    .option('--calibration <images>', 'training images to measure ranges on (default: 200)', wholeNumber(1))
    .addOption(
      new Option('--method <method>', 'which part of what was measured 8 bits cover')
        .choices(['minmax', 'entropy', 'percentile', 'mse'] as const)
        .default('mse' as const),
    )
    .addOption(
      new Option('--weights <scales>', 'one scale for each output channel, or one for a kernel')
        .choices(['per-channel', 'per-tensor'] as const)
        .default('per-channel' as const),
    )
    .option('--out <path>', 'directory, or a file that ends in .onnx (default: quantized in the run)')
    .option('--verify <images>', 'test images to compare on (default: all)', wholeNumber(1))
    .option('--dataset <name>', 'another data set than the one it was trained on')
    .option('--data-dir <dir>', 'where data sets are kept (default: ~/.cache/fovea)')
    .option('--json', 'one JSON object as the last line of stdout')
    .action(async (path, { json, ...flags }) => {
      const { quantizeSource } = await import('../../runs/quantize-run.js')
      const { formatBytes } = await import('../../host/index.js')
      const line = lineWriter(context)
      const record = await quantizeSource({
        path,
        ...flags,
        cacheHome: context.cacheHome,
        onProgress: (stage, done, total) => line.show(`${stage} ${Math.floor((100 * done) / total)} %`),
      }).finally(() => line.end())
      if (json) return printJson(record)
      const { comparison: c, calibration, layers } = record
      const standing = ({ accuracy, accuracyInterval: [low, high], sizeBytes }: typeof c.before): string =>
        `accuracy ${percent(accuracy)} (95 % interval ${percent(low)} to ${percent(high)})  ${formatBytes(sizeBytes)}`
      const points = 100 * (c.after.accuracy - c.before.accuracy)
      const width = Math.max(...layers.map(({ name }) => name.length))
      process.stdout.write(
        [
          `ranges of ${calibration.images} images (${calibration.source}) by ${record.method}, weights ${record.weights}`,
          '',
          'what each layer alone costs, signal to error of the probabilities:',
          ...layers.map(({ name, operator, signalToErrorDb: db, parameters }) =>
            `  ${name.padEnd(width)}  ${operator.padEnd(6)}  ${db.toFixed(1).padStart(5)} dB  parameters ${parameters}`.trimEnd(),
          ),
          '',
          `${c.images} images (${c.source})`,
          `before  ${standing(c.before)}`,
          `after   ${standing(c.after)}`,
          `accuracy ${points < 0 ? '-' : '+'}${Math.abs(points).toFixed(2)} points  size 1/${(c.before.sizeBytes / c.after.sizeBytes).toFixed(2)}  top-1 agreement ${c.agreeing} of ${c.images}`,
          `${record.model}  ${record.report}`,
          '',
        ].join('\n'),
      )
    })
}
