import { deviceOption, gather, numberBelow, positiveNumber, printTrained, wholeNumber } from '../options.js'
import type { AddCommand } from './index.js'

export const addDistill: AddCommand = (program, context) => {
  program
    .command('distill')
    .description('train a small network on the outputs of a trained one, and on the labels')
    .requiredOption('--teacher <run>', 'run directory, or model.onnx')
    .requiredOption(
      '--student <model>',
      "a recipe by name or a JSON file, or a model type, trained as the teacher's run was",
    )
    .option('--temperature <t>', 'softens both distributions (default: 4)', positiveNumber)
    .option(
      '--alpha <share>',
      "of the teacher's targets in the loss; the labels have the rest; at most 1 (default: 0.9)",
      numberBelow(1 + Number.EPSILON),
    )
    .option('--epochs <n>', 'times through the training images', wholeNumber(1))
    .option('--batch-size <n>', 'images in a step', wholeNumber(1))
    .option('--max-steps <n>', 'end after this many steps of the run', wholeNumber(1))
    .option('--seed <n>', 'of everything random', wholeNumber(0))
    .option('--threads <n>', 'threads of the runtime (default: one per core)', wholeNumber(1))
    .addOption(deviceOption())
    .option('--out <dir>', 'run directory (default: runs/<recipe>-<time>)')
    .option('--set <path.to.field=value>', "change any field of the student's recipe; may be repeated", gather)
    .option('--data-dir <dir>', 'where data sets are kept (default: ~/.cache/fovea)')
    .option('--json', 'progress to stderr, and one JSON object as the last line of stdout')
    .action(async flags => {
      const { withRunProcess } = await import('../../train/spawn-run.js')
      const summary = await withRunProcess(context.environment, async runProcess => {
        const { distill } = await import('../distill.js')
        return distill({ ...flags, set: flags.set ?? [], json: flags.json ?? false }, context, runProcess)
      })
      printTrained(summary, flags.json)
    })
}
