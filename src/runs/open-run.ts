import { readFile } from 'node:fs/promises'
import { FoveaError, messageOf } from '../core/errors.js'
import { type History, parseHistory } from '../evaluate/history.js'
import type { EvaluationResult } from '../evaluate/result.js'
import type { Recipe } from '../train/recipe.js'
import type { RunResult } from '../train/run.js'
import { readRecipeOf, runPaths } from '../train/run-directory.js'

/** A run as its directory tells it. */
export interface RunRecord {
  directory: string
  recipe: Recipe
  history: History
  /** Absent while the run goes on and after a kill. */
  result?: RunResult
  /** The test result, once there is one. */
  evaluation?: EvaluationResult
}

export async function openRun(directory: string): Promise<RunRecord> {
  const recipe = await readRecipeOf(directory)
  const paths = runPaths(directory)
  const events = await readFile(paths.events, 'utf8').catch(error => {
    throw new FoveaError(
      {
        where: `run ${directory}`,
        expected: 'events.jsonl, which training writes from its first step on',
        received: messageOf(error),
        fix: `train it: fovea train ${recipe.dataset} --resume ${directory}`,
      },
      { cause: error },
    )
  })
  const result = await readJson<RunResult>(paths.result)
  const evaluation = await readJson<EvaluationResult>(paths.evaluation)
  return {
    directory,
    recipe,
    history: parseHistory(events, paths.events),
    ...(result ? { result } : {}),
    ...(evaluation ? { evaluation } : {}),
  }
}

async function readJson<T>(path: string): Promise<T | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as T
  } catch (error) {
    throw new FoveaError(
      { where: path, expected: 'JSON', received: messageOf(error), fix: 'remove the file and run the command again' },
      { cause: error },
    )
  }
}
