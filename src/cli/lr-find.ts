import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../core/errors.js'
import { writeFileAtomic, writeJsonAtomic } from '../host/index.js'
import { drawLearningRateRange } from '../report/charts/learning-rate-range.js'
import type { Device } from '../runtime/session.js'
import type { RangeResult } from '../train/learning-rate-range.js'
import { defaultRunDirectory } from '../train/run-directory.js'
import { spawnRangeTest, withRunProcess } from '../train/spawn-run.js'
import type { CommandContext } from './commands/index.js'
import { lineWriter } from './status-line.js'
import { isUntouched, recipeOf, withFlags } from './train-recipe.js'

export interface LrFindFlags {
  dataset: string
  recipe: string
  from: number
  to: number
  steps: number
  batchSize?: number | undefined
  seed?: number | undefined
  set: readonly string[]
  threads: number
  device: Device
  out?: string | undefined
  dataDir?: string | undefined
}

const ROWS = 20

/** Runs the range test in a process of its own, writes chart and numbers, and gives what to print. */
export async function lrFind(flags: LrFindFlags, context: CommandContext) {
  const { from, to, steps, threads, device, dataDir } = flags
  const recipe = withFlags(await recipeOf(flags.recipe), flags)
  const directory = flags.out ?? defaultRunDirectory(`lr-find-${recipe.name}`, new Date())
  if (!(await isUntouched(directory)))
    throw new UsageError({
      where: '--out',
      expected: 'a new or empty directory',
      received: `files in ${directory}`,
      fix: 'name another one',
    })
  const line = lineWriter({ plain: context.plain })
  const request = { recipe, from, to, steps, threads, device, dataDir, xdgCacheHome: context.cacheHome }
  let result: RangeResult
  try {
    result = await withRunProcess(context.environment, runProcess =>
      spawnRangeTest(runProcess, request, message => line.show(message)),
    )
  } finally {
    line.end()
  }
  const { svg, png } = await drawLearningRateRange(result)
  await mkdir(directory, { recursive: true })
  await writeFileAtomic(join(directory, 'lr-find.svg'), svg)
  await writeFileAtomic(join(directory, 'lr-find.png'), png)
  await writeJsonAtomic(join(directory, 'lr-find.json'), { recipe, ...result })
  const { points: _, ...rates } = result
  return {
    summary: { directory, steps: result.points.length, ...rates },
    text: `${table(result)}\n${verdict(result)}\nchart: ${join(directory, 'lr-find.svg')}\n`,
  }
}

const shown = (rate: number): string => rate.toExponential(2)

/** Every few steps: rate, loss, smoothed loss. */
export function table({ points }: RangeResult): string {
  const every = Math.max(1, Math.ceil(points.length / ROWS))
  const rows = points.filter((_, i) => i % every === 0 || i === points.length - 1)
  return [
    'learning rate      loss  smoothed',
    ...rows.map(p => `${shown(p.learningRate).padStart(13)}  ${cell(p.loss)}  ${cell(p.smoothedLoss)}`),
  ].join('\n')
}

const cell = (loss: number): string => (Math.abs(loss) < 1000 ? loss.toFixed(4) : loss.toExponential(2)).padStart(8)

export function verdict({ steepest, divergence, tenthOfDivergence }: RangeResult): string {
  const end =
    divergence === null
      ? 'the loss did not diverge: a higher --to shows where it does'
      : `it diverges at ${shown(divergence)}; a tenth of that, about the highest safe rate, is ${shown(tenthOfDivergence!)}`
  return steepest === null
    ? `the loss did not fall at any rate of the sweep; ${end}`
    : `the loss falls fastest at ${shown(steepest)} (--set optimizer.learningRate=${Number(steepest.toPrecision(2))}); ${end}`
}
