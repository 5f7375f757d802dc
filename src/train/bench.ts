import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UsageError } from '../core/errors.js'
import { randomStream } from '../core/random.js'
import { imageSet, sharedBytes } from '../data/image-set.js'
import { readProfile } from '../runtime/profile.js'
import type { Machine } from './compile.js'
import { openPlan } from './plan.js'
import { parseRecipe, type Recipe } from './recipe.js'
import { measureSgemm } from './sgemm.js'
import { profileStep, type StepProfile } from './step-profile.js'
import { runTraining } from './training.js'

export interface BenchRequest extends Omit<Machine, 'profile'> {
  recipe: Recipe
  /** Steps that count; the first ones, which are slow, come before them. */
  steps: number
  /** Also say where a step's time goes; the profiler itself takes some of it. */
  profile?: boolean | undefined
}

export interface BenchResult {
  imagesPerSecond: number
  /** Median, of a whole step: loader, host and runtime. */
  stepMs: number
  batchSize: number
  threads: number
  device: string
  peakRssBytes: number
  steps: number
  recipe: string
  profile?: StepProfile
}

const WARM_UP = 10
const CLASSES = 10

/**
 * Times the training step of a recipe on noise in the form of CIFAR-10: the numbers do not matter, the shapes do. Images
 * are of full size, whatever size the recipe begins with.
 */
export async function benchTraining({ profile, ...request }: BenchRequest): Promise<BenchResult> {
  if (!profile) return (await measure(request)).result
  if (request.recipe.accumulate > 1)
    throw new UsageError({
      where: '--profile',
      expected: 'a step of one graph',
      received: `a batch in ${request.recipe.accumulate} parts`,
      fix: '--set accumulate=1 with the batch size of a part',
    })
  const folder = await mkdtemp(join(tmpdir(), 'fovea-bench-'))
  try {
    const { result, multiplyAdds } = await measure({ ...request, profile: join(folder, 'step') })
    const nodes = await readProfile(folder, request.steps)
    const sgemmGflops = await measureSgemm(request)
    return { ...result, profile: profileStep(nodes, { ...result, multiplyAdds, sgemmGflops }) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function measure({ recipe: given, steps, ...machine }: Omit<BenchRequest, 'profile'> & Machine) {
  const count = Math.max(2000, 4 * given.batchSize)
  const images = sharedBytes(count * 3072)
  randomStream(1, 'bench').fillBytes(images)
  const labels = Uint8Array.from({ length: count }, (_, i) => i % CLASSES)
  const classNames = Array.from({ length: CLASSES }, (_, c) => `class ${c}`)
  const train = imageSet({ name: 'noise', classNames, shape: [3, 32, 32], images, labels })
  const recipe = parseRecipe({
    ...given,
    epochs: 100_000,
    callbacks: [],
    progressiveResizing: [],
    validation: { from: 'split', count: 1 },
  })
  const times: number[] = []
  let multiplyAdds = 0
  await runTraining(
    { ...(await openPlan(recipe, { name: 'noise', classNames, train })), validation: undefined },
    {
      ...machine,
      maxSteps: WARM_UP + steps,
      onReady: network => {
        multiplyAdds = network.multiplyAdds
      },
      onEvent: () => undefined,
      onProgress: ({ stepMs }) => times.push(stepMs),
      files: { append: () => undefined, truncate: () => undefined },
      interrupted: () => false,
    },
  )
  const counted = times.slice(WARM_UP).sort((a, b) => a - b)
  const stepMs = counted[counted.length >> 1]!
  const result: BenchResult = {
    imagesPerSecond: (1000 * recipe.batchSize) / stepMs,
    stepMs,
    batchSize: recipe.batchSize,
    threads: machine.threads,
    device: machine.device,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    steps,
    recipe: recipe.name,
  }
  return { result, multiplyAdds }
}
