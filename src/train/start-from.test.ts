import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { adam } from '../optim/adam.js'
import { readCheckpoint, weightsSha256 } from './checkpoint.js'
import { recipeNamed } from './recipes/index.js'
import { unpackSnapshot } from './resume.js'
import { readRecipeOf, runPaths } from './run-directory.js'
import { createRunFrom } from './start-from.js'
import { tinyPlan, trainTiny } from './testing/tiny-plan.js'

it('a run from given weights begins with them, at step 0, with the optimizer at rest', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fovea-start-'))
  try {
    const plan = (seed: number) => tinyPlan({ optimizer: adam({ learningRate: 0.01 }), seed })
    const trained = await trainTiny(plan(4), { maxSteps: 3 })
    const weights = new Map([...trained.weights].filter(([name]) => !name.startsWith('optimizer/')))
    const recipe = { ...recipeNamed('baseline'), callbacks: [] }
    const directory = join(folder, 'run')
    await createRunFrom(directory, recipe, weights)
    expect(await readRecipeOf(directory)).toEqual(recipe)
    const { snapshot } = unpackSnapshot((await readCheckpoint(runPaths(directory).checkpoints, 'last'))!)
    expect(snapshot.step).toBe(0)
    const still = await trainTiny(plan(9), { snapshot, maxSteps: 0 })
    expect(weightsSha256(still.weights)).toBe(weightsSha256(weights))
    expect(
      [...still.weights].filter(([name, { data }]) => name.startsWith('optimizer/') && data.some(v => v !== 0)),
    ).toEqual([])
    const moved = await trainTiny(plan(9), { snapshot, maxSteps: 1 })
    expect(weightsSha256(moved.weights)).not.toBe(weightsSha256(weights))
    await expect(createRunFrom(directory, recipe, weights)).rejects.toThrow('expected a new or empty directory')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
