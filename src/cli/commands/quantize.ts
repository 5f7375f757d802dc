import { Option } from '@commander-js/extra-typings'
import { UsageError } from '../../core/errors.js'
import type { QuantizationAware } from '../../train/fake-quantization.js'
import { gather, percentage, printJson, wholeNumber } from '../options.js'
import { lineWriter } from '../status-line.js'
import type { AddCommand, CommandContext } from './index.js'

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
    .addOption(
      new Option(
        '--rounding <aim>',
        'of weights: so that the outputs of layers stay, or to the nearest (default: outputs; nearest where the run trained with it)',
      ).choices(['outputs', 'nearest'] as const),
    )
    .option('--mixed <percent>', 'layers that stay in float, those that cost most (default: none)', percentage)
    .option(
      '--finetune-epochs <n>',
      'first train on with the rounding in the network, as a run of its own (default: no training)',
      wholeNumber(1),
    )
    .option('--max-steps <n>', 'end that training after this many steps', wholeNumber(1))
    .option('--set <path.to.field=value>', 'change any field of the recipe of that training; may be repeated', gather)
    .option('--out <path>', 'directory, or a file that ends in .onnx (default: quantized in the run)')
    .option('--verify <images>', 'test images to compare on (default: all)', wholeNumber(1))
    .option('--dataset <name>', 'another data set than the one it was trained on')
    .option('--data-dir <dir>', 'where data sets are kept (default: ~/.cache/fovea)')
    .option('--json', 'one JSON object as the last line of stdout')
    .action(async (source, { json, ...flags }) => {
      const path = await trained(source, { ...flags, json: json ?? false }, context)
      if (path === undefined) return
      const { quantizeSource } = await import('../../runs/quantize-run.js')
      const { formatBytes } = await import('../../host/index.js')
      const line = lineWriter(context)
      const record = await quantizeSource({
        path,
        original: path === source ? undefined : source,
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
          `ranges of ${calibration.images} images (${calibration.source}) by ${record.method}, weights ${record.weights}, rounded to ${record.rounding === 'outputs' ? 'keep outputs' : 'the nearest'}`,
          '',
          'what each layer alone costs, signal to error of the probabilities:',
          ...layers.map(({ name, operator, signalToErrorDb: db, parameters, inFloat }) =>
            `  ${name.padEnd(width)}  ${operator.padEnd(6)}  ${db.toFixed(1).padStart(5)} dB  parameters ${parameters}${inFloat ? '  stays in float' : ''}`.trimEnd(),
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

interface TrainingFlags {
  weights: QuantizationAware['weights']
  out?: string | undefined
  finetuneEpochs?: number | undefined
  maxSteps?: number | undefined
  set?: string[] | undefined
  dataDir?: string | undefined
  json: boolean
}

/** What is to be quantised: the run itself, or the one that was fine-tuned for it; undefined where that was interrupted. */
async function trained(path: string, flags: TrainingFlags, context: CommandContext): Promise<string | undefined> {
  const { weights, out, finetuneEpochs, maxSteps, set, dataDir, json } = flags
  if (finetuneEpochs === undefined) {
    if (maxSteps === undefined && set === undefined) return path
    throw new UsageError({
      where: maxSteps === undefined ? '--set' : '--max-steps',
      expected: 'a training that it is meant for',
      received: 'no --finetune-epochs',
      fix: 'add --finetune-epochs 2, or leave it out',
    })
  }
  const { prepareQuantizationAware } = await import('../../runs/quantization-aware.js')
  const { withRunProcess } = await import('../../train/spawn-run.js')
  const { trainPrepared } = await import('../train.js')
  const { defaultRunDirectory } = await import('../../train/run-directory.js')
  const directory = (name: string): string => defaultRunDirectory(name, new Date())
  const prepared = await prepareQuantizationAware({
    path,
    weights,
    out,
    finetuneEpochs,
    settings: set ?? [],
    directory,
  })
  const summary = await withRunProcess(context.environment, runProcess =>
    trainPrepared({ ...prepared, resume: true }, { maxSteps, device: 'cpu', dataDir, json }, context, runProcess),
  )
  return summary.reason === 'interrupted' ? undefined : prepared.directory
}
