import { deviceOption, gather, printTrained, wholeNumber } from '../options.js'
import type { AddCommand } from './index.js'

export const addFinetune: AddCommand = (program, context) => {
  program
    .command('finetune')
    .description(
      "train a run's network on, gently, as a run of its own: its recipe at a tenth of the rate, falling to 0",
    )
    .argument('<run>', 'run directory')
    .option('--epochs <n>', 'times through the training images', wholeNumber(1), 5)
    .option('--max-steps <n>', 'end after this many steps', wholeNumber(1))
    .option('--seed <n>', 'of everything random (default: that of the run)', wholeNumber(0))
    .option('--set <path.to.field=value>', 'change any field of the recipe of the fine-tuning; may be repeated', gather)
    .option('--threads <n>', 'threads of the runtime (default: one per core)', wholeNumber(1))
    .addOption(deviceOption())
    .option('--out <dir>', 'run directory (default: runs/<recipe>-finetuned-<time>)')
    .option('--data-dir <dir>', 'where data sets are kept (default: ~/.cache/fovea)')
    .option('--json', 'progress to stderr, and one JSON object as the last line of stdout')
    .action(async (path, { json = false, set = [], out, epochs, seed, ...flags }) => {
      const { prepareFinetuning } = await import('../../runs/finetune-run.js')
      const { withRunProcess } = await import('../../train/spawn-run.js')
      const { trainPrepared } = await import('../train.js')
      const { defaultRunDirectory } = await import('../../train/run-directory.js')
      const directory = (name: string): string => out ?? defaultRunDirectory(name, new Date())
      const changes = seed === undefined ? {} : { seed }
      const prepared = await prepareFinetuning(
        { path, settings: set, directory },
        { suffix: '-finetuned', epochs, changes },
      )
      const summary = await withRunProcess(context.environment, runProcess =>
        trainPrepared({ ...prepared, resume: true }, { ...flags, json }, context, runProcess),
      )
      printTrained(summary, json)
    })
}
