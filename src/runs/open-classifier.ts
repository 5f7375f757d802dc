import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Classifier } from '../classifier/classifier.js'
import { loadClassifier } from '../classifier/load.js'
import { FoveaError, UsageError } from '../core/errors.js'
import type { Recipe } from '../train/recipe.js'
import { readRecipeOf, runPaths } from '../train/run-directory.js'

/** A classifier and, where it lies in a run, the run's recipe. */
export async function openClassifier(
  path: string,
): Promise<{ classifier: Classifier; directory?: string; recipe?: Recipe }> {
  const facts = await stat(path).catch(() => undefined)
  if (!facts)
    throw new UsageError({
      where: path,
      expected: 'a run directory or an ONNX file',
      received: 'nothing of that name',
      fix: 'check the path; fovea train prints the directory of its run',
    })
  if (facts.isDirectory()) {
    const recipe = await readRecipeOf(path)
    const { model } = runPaths(path)
    if (!(await stat(model).catch(() => undefined)))
      throw new FoveaError({
        where: path,
        expected: 'a finished run, with a model.onnx',
        received: 'a run without one',
        fix: `finish it: fovea train ${recipe.dataset} --resume ${path}`,
      })
    return { classifier: await loadClassifier(model), directory: path, recipe }
  }
  const classifier = await loadClassifier(path)
  const beside = dirname(path)
  const inRun = await stat(join(beside, 'recipe.json')).catch(() => undefined)
  return { classifier, ...(inRun ? { recipe: await readRecipeOf(beside) } : {}) }
}
