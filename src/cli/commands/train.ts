import { Option } from '@commander-js/extra-typings'
import { deviceOption, gather, printTrained, wholeNumber } from '../options.js'
import type { AddCommand } from './index.js'

export const addTrain: AddCommand = (program, context) => {
  program
    .command('train')
    .description(
      'train a network on a data set by a recipe, evaluate it on the test images, write everything to a run directory',
    )
    .argument('<dataset>', 'cifar10, cifar100, or the path of a folder with one folder per class')
    .option(
      '--recipe <name>',
      'a recipe by name (fovea recipes) or a JSON file (default: baseline, or that of --resume)',
    )
    .option('--epochs <n>', 'times through the training images', wholeNumber(1))
    .option('--batch-size <n>', 'images in a step', wholeNumber(1))
    .option('--max-steps <n>', 'end after this many steps of the run', wholeNumber(1))
    .option('--seed <n>', 'of everything random', wholeNumber(0))
    .option('--threads <n>', 'threads of the runtime (default: one per core)', wholeNumber(1))
    .addOption(deviceOption())
    .option('--out <dir>', 'run directory (default: runs/<recipe>-<time>)')
    .option('--initial-weights <file>', 'begin with published weights: safetensors with the names of timm')
    .option('--resume <dir>', 'go on with this run from its last checkpoint')
    .addOption(
      new Option(
        '--validation <images>',
        'held-out training images, or the test images (the choice of the best epoch then leaks)',
      ).choices(['split', 'test'] as const),
    )
    .option('--image-size <n>', 'sides to which the images of a folder are brought, in pixels', wholeNumber(1))
    .option('--skip-bad-images', 'leave out and name unreadable images of a folder, instead of ending')
    .option('--set <path.to.field=value>', 'change any field of the recipe; may be repeated', gather)
    .option('--data-dir <dir>', 'where data sets are kept (default: ~/.cache/fovea)')
    .option('--data-workers <n>', 'threads that prepare batches: 0, 1 or 2; the result is the same', wholeNumber(0))
    .option('--json', 'progress to stderr, and one JSON object as the last line of stdout')
    .action(async (dataset, flags) => {
      const { withRunProcess } = await import('../../train/spawn-run.js')
      const summary = await withRunProcess(context.environment, async runProcess => {
        const { train } = await import('../train.js')
        const given = { ...flags, dataset, set: flags.set ?? [], json: flags.json ?? false }
        return train(given, context, runProcess)
      })
      printTrained(summary, flags.json)
    })
}
