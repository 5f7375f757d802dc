import { availableParallelism } from 'node:os'
import type { StepProfile } from '../../train/step-profile.js'
import type { RecordResult } from '../bench-record.js'
import { deviceOption, gather, printJson, wholeNumber } from '../options.js'
import type { AddCommand } from './index.js'

const NODES_SHOWN = 20
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

function profileTable({ ops, nodes, kernelShare, nodesMs, ...facts }: StepProfile): string {
  const line = (name: string, ms: number, share: number, gflops: number | undefined): string =>
    `  ${name.padEnd(44)} ${ms.toFixed(2).padStart(8)} ms ${percent(share).padStart(7)} ${gflops === undefined ? '' : `${gflops.toFixed(0).padStart(5)} GFLOP/s`}`
  return [
    `${percent(kernelShare)} of ${nodesMs.toFixed(1)} ms in convolutions and matrix products; the step does ${facts.directGflops.toFixed(0)} GFLOP/s ` +
      `(direct form), ${percent(facts.shareOfSgemm)} of this machine's matrix product, ${facts.sgemmGflops.toFixed(0)} GFLOP/s`,
    'operators:',
    ...ops.map(o => line(`${o.op} x ${o.nodes}`, o.ms, o.share, o.gflops)),
    'most costly nodes:',
    ...nodes.slice(0, NODES_SHOWN).map(n => line(n.name.slice(-44), n.medianMs, n.share, n.gflops)),
    '',
  ].join('\n')
}

function recordTable({ recipe, runs, testAccuracy, trainSeconds, machine, versions, ...facts }: RecordResult): string {
  const spread = ({ mean, standardDeviation }: RecordResult['testAccuracy'], scale: number): string =>
    `${(scale * mean).toFixed(2)} ± ${standardDeviation === null ? 'n/a' : (scale * standardDeviation).toFixed(2)}`
  return [
    ...runs.map(
      run =>
        `seed ${run.seed}: test accuracy ${(100 * run.testAccuracy).toFixed(2)} %, ${run.trainSeconds.toFixed(1)} s`,
    ),
    `${recipe}, n = ${runs.length}: test accuracy ${spread(testAccuracy, 100)} % (mean ± standard deviation; least ${percent(testAccuracy.least)}, ` +
      `${facts.testTimeAugmentation === 'none' ? 'without test-time augmentation' : `test-time augmentation: ${facts.testTimeAugmentation}`})`,
    `training ${spread(trainSeconds, 1)} s, most ${trainSeconds.most.toFixed(1)} s`,
    `${machine.processor}, ${machine.cores} cores, ${machine.platform}, ${facts.threads} threads; ` +
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    '',
  ].join('\n')
}

export const addBench: AddCommand = (program, context) => {
  const bench = program.command('bench').description('measure this machine')
  bench
    .command('train')
    .description('time the training step of a recipe in a fresh process, at full image size; median of the steps')
    .option('--recipe <name>', 'a recipe by name or a JSON file', 'baseline')
    .option('--batch-size <n>', 'images in a step (default: that of the recipe)', wholeNumber(1))
    .option('--set <path.to.field=value>', 'change any field of the recipe; may be repeated', gather)
    .option('--steps <n>', 'steps that count; ten more come before', wholeNumber(1), 50)
    .option('--threads <n>', 'threads of the runtime (default: one per core)', wholeNumber(1))
    .addOption(deviceOption())
    .option('--profile', "also show where a step's time goes; the profiler itself takes some of it")
    .option('--json', 'one JSON object as the last line of stdout')
    .action(async ({ recipe: name, batchSize, set = [], steps, threads, device, profile, json }) => {
      const { spawnBench, withRunProcess } = await import('../../train/spawn-run.js')
      const { recipe, ...result } = await withRunProcess(context.environment, async runProcess => {
        const { recipeOf, withFlags } = await import('../train-recipe.js')
        const base = await recipeOf(name)
        const recipe = withFlags(base, { dataset: base.dataset, batchSize, set })
        const request = { recipe, steps, device, threads: threads ?? availableParallelism(), profile }
        return { ...(await spawnBench(runProcess, request)), recipe }
      })
      if (json) return printJson(result)
      process.stdout.write(
        `${recipe.name}, batch ${result.batchSize}, ${device}, ${result.threads} threads: ` +
          `${Math.round(result.imagesPerSecond)} images/s, ${result.stepMs.toFixed(1)} ms a step (median of ${steps})\n`,
      )
      if (result.profile) process.stdout.write(profileTable(result.profile))
    })
  bench
    .command('record')
    .description('train a recipe from scratch with several seeds: mean and spread of test accuracy and time')
    .requiredOption('--recipe <name>', 'a recipe by name or a JSON file')
    .option('--runs <n>', 'runs, each with the next seed', wholeNumber(1), 3)
    .option('--seed <n>', 'of the first run', wholeNumber(0), 1)
    .option('--set <path.to.field=value>', 'change any field of the recipe; may be repeated', gather)
    .option('--threads <n>', 'threads of the runtime (default: one per core)', wholeNumber(1))
    .addOption(deviceOption())
    .option('--out <dir>', 'directory of the run directories (default: runs/record-<recipe>-<time>)')
    .option('--data-dir <dir>', 'where data sets are kept (default: ~/.cache/fovea)')
    .option('--json', 'progress to stderr, and one JSON object as the last line of stdout')
    .action(async ({ json = false, set = [], ...flags }) => {
      const { benchRecord } = await import('../bench-record.js')
      const result = await benchRecord({ ...flags, set, json }, context)
      if (!result) return
      if (json) printJson(result)
      else process.stdout.write(recordTable(result))
    })
}
