import { availableParallelism } from 'node:os'
import { deviceOption, gather, positiveNumber, printJson, wholeNumber } from '../options.js'
import type { AddCommand } from './index.js'

export const addLrFind: AddCommand = (program, context) => {
  program
    .command('lr-find')
    .description('train a few steps at growing learning rates and say which rate to begin with; writes a chart')
    .argument('<dataset>', 'cifar10, cifar100, or the path of a folder with one folder per class')
    .option('--recipe <name>', 'a recipe by name or a JSON file', 'baseline')
    .option('--from <rate>', 'of the first step', positiveNumber, 1e-6)
    .option('--to <rate>', 'of the last step', positiveNumber, 10)
    .option('--steps <n>', 'steps of the sweep, fewer where the loss diverges', wholeNumber(20), 200)
    .option('--batch-size <n>', 'images in a step (default: that of the recipe)', wholeNumber(1))
    .option('--seed <n>', 'of everything random', wholeNumber(0))
    .option('--set <path.to.field=value>', 'change any field of the recipe; may be repeated', gather)
    .option('--threads <n>', 'threads of the runtime (default: one per core)', wholeNumber(1))
    .addOption(deviceOption())
    .option('--out <dir>', 'where the chart goes (default: runs/lr-find-<recipe>-<time>)')
    .option('--data-dir <dir>', 'where data sets are kept (default: ~/.cache/fovea)')
    .option('--json', 'progress to stderr, and one JSON object as the last line of stdout')
    .action(async (dataset, { recipe, set = [], threads, json, out, ...flags }) => {
      const { lrFind } = await import('../lr-find.js')
      const given = { ...flags, dataset, recipe, set, out, threads: threads ?? availableParallelism() }
      const { summary, text } = await lrFind(given, context)
      if (json) printJson(summary)
      else process.stdout.write(text)
    })
}
