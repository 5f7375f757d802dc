import { buildCallback } from './callbacks/index.js'
import { watched } from './callbacks/terminate-on-nan.js'
import { writeCheckpoint } from './checkpoint.js'
import type { Recipe } from './recipe.js'
import { packSnapshot } from './resume.js'
import { createRunDirectory, runPaths } from './run-directory.js'
import type { WeightMap } from './weights.js'

/**
 * Makes a run that begins from given weights instead of random ones: its checkpoint stands at step 0, and training
 * resumes from it like from any other.
 */
export async function createRunFrom(directory: string, recipe: Recipe, weights: WeightMap): Promise<void> {
  await createRunDirectory(directory, recipe)
  const { tensors, facts } = packSnapshot(
    {
      step: 0,
      epochSums: { steps: 0, loss: 0, correct: 0, seconds: 0 },
      history: [],
      callbacks: watched(recipe.callbacks.map(buildCallback)).map(({ name }) => ({
        name,
        state: null,
        tensors: new Map(),
      })),
      stopped: null,
      weights,
    },
    recipe,
  )
  await writeCheckpoint(runPaths(directory).checkpoints, 'last', tensors, facts)
}
