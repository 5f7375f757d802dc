import type { Classifier } from '../classifier/classifier.js'
import { UsageError } from '../core/errors.js'
import { openDataset } from '../data/datasets/index.js'
import type { Dataset, ImageSet } from '../data/image-set.js'
import { evaluateClassifier } from '../evaluate/evaluate-classifier.js'
import type { EvaluationResult } from '../evaluate/result.js'
import { writeJsonAtomic } from '../host/index.js'
import { splitFor } from '../train/plan.js'
import type { Recipe } from '../train/recipe.js'
import { openRecipeDataset } from '../train/recipe-dataset.js'
import { readRecipeOf, runPaths } from '../train/run-directory.js'
import { openClassifier } from './open-classifier.js'

export type SplitName = EvaluationResult['split']

export interface EvaluationSource {
  /** A run directory or an ONNX file. */
  path: string
  split: SplitName
  /** Instead of the data set that the classifier was trained on. */
  dataset?: string | undefined
  dataDir?: string | undefined
  cacheHome?: string | undefined
  threads?: number | undefined
  onProgress?: (done: number, total: number) => void
}

/** Evaluates a run or a file on one split. The test result of a run is also kept in its evaluation.json. */
export async function evaluateSource(source: EvaluationSource): Promise<EvaluationResult> {
  const { classifier, directory, recipe } = await openClassifier(source.path)
  const dataset = await datasetOf(source, classifier, recipe)
  const set = setOf(source, dataset, recipe)
  const result = await evaluateClassifier(classifier, set, {
    dataset: dataset.name,
    split: source.split,
    ...(source.threads === undefined ? {} : { threads: source.threads }),
    ...(source.onProgress ? { onProgress: source.onProgress } : {}),
  })
  if (directory && source.split === 'test' && source.dataset === undefined)
    await writeJsonAtomic(runPaths(directory).evaluation, result)
  return result
}

/** Whether the data set of a run has images of that split. */
export async function hasSplit(source: EvaluationSource): Promise<boolean> {
  const recipe = await readRecipeOf(source.path)
  if (source.split !== 'test') return true
  return (await openRecipeDataset(recipe, optionsOf(source))).test !== undefined
}

const optionsOf = ({ dataDir, cacheHome }: EvaluationSource) => ({ dataDir, xdgCacheHome: cacheHome })

function datasetOf(
  source: EvaluationSource,
  { provenance, inputShape }: Classifier,
  recipe: Recipe | undefined,
): Promise<Dataset> {
  const name = source.dataset ?? recipe?.dataset ?? provenance.dataset
  if (name === undefined)
    throw new UsageError({
      where: source.path,
      expected: 'a file that names the data set it was trained on',
      received: 'none',
      fix: '--dataset NAME',
    })
  const [, height, width] = inputShape
  const options = { ...optionsOf(source), size: { height, width } }
  return recipe ? openRecipeDataset({ ...recipe, dataset: name }, options) : openDataset(name, options)
}

function setOf({ split, path }: EvaluationSource, dataset: Dataset, recipe: Recipe | undefined): ImageSet {
  if (split === 'test') {
    if (dataset.test) return dataset.test
    throw new UsageError({
      where: '--split test',
      expected: `test images in '${dataset.name}'`,
      received: 'none',
      fix: '--split validation',
    })
  }
  if (recipe) return splitFor(recipe, dataset)[split === 'train' ? 'training' : 'validation']
  throw new UsageError({
    where: `--split ${split}`,
    expected: 'a run directory, whose recipe says which images were held out',
    received: path,
    fix: 'give the run directory, or --split test',
  })
}
