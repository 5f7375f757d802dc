import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { FoveaError } from '../core/errors.js'
import { checkDataset } from '../data/datasets/index.js'
import { type MachineFacts, machineFacts } from '../host/index.js'
import { withFileHashes } from '../train/plan.js'
import type { Recipe } from '../train/recipe.js'
import { createRunDirectory, defaultRunDirectory } from '../train/run-directory.js'
import { withRunProcess } from '../train/spawn-run.js'
import { versions } from '../train/versions.js'
import type { CommandContext } from './commands/index.js'
import { type RunFlags, trainPrepared } from './train.js'
import { recipeOf, withFlags } from './train-recipe.js'

export interface RecordFlags extends Omit<RunFlags, 'maxSteps' | 'dataWorkers'> {
  recipe: string
  runs: number
  seed: number
  set: readonly string[]
  out?: string | undefined
}

export interface Spread {
  mean: number
  /** Of the sample (n - 1); null for one run. */
  standardDeviation: number | null
  least: number
  most: number
}

/** What `fovea bench record --json` prints. */
export interface RecordResult {
  recipe: string
  runs: { run: string; seed: number; testAccuracy: number; trainSeconds: number; weightsSha256: string }[]
  testAccuracy: Spread
  /** From the first step to the last, validation included; loading and compiling are not. */
  trainSeconds: Spread
  testTimeAugmentation: Recipe['testTimeAugmentation']
  threads: number
  machine: MachineFacts
  versions: Record<string, string>
}

/** `fovea bench record`: the same recipe from scratch with one seed after another, each in a process of its own. */
export async function benchRecord(flags: RecordFlags, context: CommandContext): Promise<RecordResult | undefined> {
  const base = await recipeOf(flags.recipe)
  const recipe = await withFileHashes(withFlags(base, { dataset: base.dataset, set: flags.set }))
  await checkDataset(recipe.dataset)
  const folder = flags.out ?? defaultRunDirectory(`record-${recipe.name}`, new Date())
  const threads = flags.threads ?? availableParallelism()
  const runs: RecordResult['runs'] = []
  for (let seed = flags.seed; seed < flags.seed + flags.runs; seed++) {
    const seeded = { ...recipe, seed }
    const directory = join(folder, `seed-${seed}`)
    await createRunDirectory(directory, seeded)
    const summary = await withRunProcess(context.environment, runProcess =>
      trainPrepared({ directory, recipe: seeded, resume: false }, { ...flags, threads }, context, runProcess),
    )
    if (summary.reason === 'interrupted') return undefined
    if (summary.testAccuracy === null)
      throw new FoveaError({
        where: recipe.dataset,
        expected: 'test images: a record is told on images that no one looked at before',
        received: 'a data set without them',
      })
    const { testAccuracy, seconds: trainSeconds, weightsSha256 } = summary
    runs.push({ run: directory, seed, testAccuracy, trainSeconds, weightsSha256 })
  }
  return {
    recipe: recipe.name,
    runs,
    testAccuracy: spreadOf(runs.map(run => run.testAccuracy)),
    trainSeconds: spreadOf(runs.map(run => run.trainSeconds)),
    testTimeAugmentation: recipe.testTimeAugmentation,
    threads,
    machine: machineFacts(),
    versions: versions(),
  }
}

export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return {
    mean,
    standardDeviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : null,
    least: Math.min(...values),
    most: Math.max(...values),
  }
}
