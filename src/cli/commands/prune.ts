import { availableParallelism } from 'node:os'
import { Option } from '@commander-js/extra-typings'
import type { PruningReport } from '../../runs/pruning-report.js'
import { gather, numberBelow, printJson, wholeNumber } from '../options.js'
import type { AddCommand } from './index.js'

export const addPrune: AddCommand = (program, context) => {
  program
    .command('prune')
    .description(
      'remove weights or whole channels from a trained network, and fine-tune what is left, as a run of its own',
    )
    .argument('<run>', 'run directory')
    .requiredOption(
      '--sparsity <share>',
      'share of all kernel weights that becomes 0; with --structured, share of the multiply-adds that goes',
      numberBelow(1),
    )
    .option('--structured', 'remove whole channels: the network becomes really smaller and faster')
    .addOption(
      new Option('--importance <measure>', 'with --structured: which channels are needed')
        .choices(['l1', 'batch-norm', 'taylor'] as const)
        .default('l1' as const),
    )
    .option(
      '--multiple-of <n>',
      'with --structured: leave a multiple of so many channels, as runtimes compute them in blocks',
      wholeNumber(1),
      16,
    )
    .addOption(
      new Option(
        '--scope <weights>',
        'without --structured: the smallest of the network, of each layer, or by what they are to their layer (LAMP)',
      )
        .choices(['global', 'per-layer', 'lamp'] as const)
        .default('lamp' as const),
    )
    .option('--finetune-epochs <n>', 'epochs of fine-tuning; 0: none', wholeNumber(0), 10)
    .option('--max-steps <n>', 'end fine-tuning after this many steps', wholeNumber(1))
    .option('--set <path.to.field=value>', 'change any field of the recipe of the fine-tuning; may be repeated', gather)
    .option('--threads <n>', 'threads of the runtime (default: one per core)', wholeNumber(1))
    .option('--out <dir>', 'run directory (default: runs/<recipe>-pruned-<time>)')
    .option('--data-dir <dir>', 'where data sets are kept (default: ~/.cache/fovea)')
    .option('--json', 'progress to stderr, and one JSON object as the last line of stdout')
    .action(async (path, flags) => {
      const { preparePruning } = await import('../../runs/prune-run.js')
      const { finishPruning } = await import('../../runs/pruning-report.js')
      const { withRunProcess } = await import('../../train/spawn-run.js')
      const { trainPrepared } = await import('../train.js')
      const { defaultRunDirectory } = await import('../../train/run-directory.js')
      const threads = flags.threads ?? availableParallelism()
      const request = {
        path,
        sparsity: flags.sparsity,
        structured: flags.structured ?? false,
        importance: flags.importance,
        multipleOf: flags.multipleOf,
        scope: flags.scope,
        finetuneEpochs: flags.finetuneEpochs,
        settings: flags.set ?? [],
        directory: (name: string) => flags.out ?? defaultRunDirectory(name, new Date()),
        threads,
        dataDir: flags.dataDir,
        cacheHome: context.cacheHome,
      }
      const prepared = await preparePruning(request)
      const json = flags.json ?? false
      const summary = await withRunProcess(context.environment, runProcess =>
        trainPrepared(
          { directory: prepared.directory, recipe: prepared.recipe, resume: true },
          { maxSteps: prepared.maxSteps ?? flags.maxSteps, threads, device: 'cpu', dataDir: flags.dataDir, json },
          context,
          runProcess,
        ),
      )
      if (summary.reason === 'interrupted') return
      const report = await finishPruning(prepared, request)
      if (json) printJson({ ...summary, pruning: report })
      else process.stdout.write(tableOf(report))
    })
}

const grouped = (value: number): string => value.toLocaleString('en-US')
const percent = (value: number): string => `${(100 * value).toFixed(2)} %`

function tableOf(report: PruningReport): string {
  const { accuracy, groups = [], layers = [] } = report
  const pair = (title: string, { before, after }: { before: number; after: number }): string =>
    `${title.padEnd(20)}${grouped(before).padStart(14)} -> ${grouped(after).padStart(14)}  (${(before / after).toFixed(2)}x)`
  const lines = [
    ...groups.map(({ layers: [first, ...others], before, after, held }) => {
      const name = others.length ? `${first} and ${others.length} tied to it` : first
      return `${String(name).padEnd(40)} ${before} -> ${after} channels${held === undefined ? '' : ` (stay: ${held})`}`
    }),
    ...layers.map(
      ({ weight, count, zeros }) => `${weight.padEnd(40)} ${percent(zeros / count)} of ${grouped(count)} are 0`,
    ),
    '',
    pair('multiply-adds', report.multiplyAdds),
    pair('parameters', report.parameters),
    pair('bytes', report.sizeBytes),
    pair('bytes, gzip', report.gzipBytes),
    ...(accuracy
      ? [
          `${'test accuracy'.padEnd(20)}${percent(accuracy.before).padStart(14)} -> ${percent(accuracy.after).padStart(14)}`,
        ]
      : []),
    '',
  ]
  return lines.join('\n')
}
