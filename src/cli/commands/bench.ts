import { availableParallelism } from 'node:os'
import { Option } from '@commander-js/extra-typings'
import { printJson, wholeNumber } from '../options.js'
import type { AddCommand } from './index.js'

export const addBench: AddCommand = (program, context) => {
  const bench = program.command('bench').description('measure this machine')
  bench
    .command('train')
    .description('time the training step of a recipe in a fresh process; median of the steps')
    .option('--recipe <name>', 'a recipe by name or a JSON file', 'baseline')
    .option('--batch-size <n>', 'images in a step (default: that of the recipe)', wholeNumber(1))
    .option('--steps <n>', 'steps that count; ten more come before', wholeNumber(1), 50)
    .option('--threads <n>', 'threads of the runtime (default: one per core)', wholeNumber(1))
    .addOption(
      new Option('--device <device>', 'where the steps run')
        .choices(['cpu', 'webgpu', 'cuda'] as const)
        .default('cpu' as const),
    )
    .option('--json', 'one JSON object as the last line of stdout')
    .action(async ({ recipe: name, batchSize, steps, threads, device, json }) => {
      const { spawnBench, withRunProcess } = await import('../../train/spawn-run.js')
      const { recipe, ...result } = await withRunProcess(context.environment, async runProcess => {
        const { recipeOf, withFlags } = await import('../train-recipe.js')
        const base = await recipeOf(name)
        const recipe = withFlags(base, { dataset: base.dataset, batchSize, set: [] })
        const request = { recipe, steps, device, threads: threads ?? availableParallelism() }
        return { ...(await spawnBench(runProcess, request)), recipe }
      })
      if (json) return printJson(result)
      process.stdout.write(
        `${recipe.name}, batch ${result.batchSize}, ${device}, ${result.threads} threads: ` +
          `${Math.round(result.imagesPerSecond)} images/s, ${result.stepMs.toFixed(1)} ms a step (median of ${steps})\n`,
      )
    })
}
