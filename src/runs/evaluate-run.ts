import type { Classifier } from '../classifier/classifier.js'
import { UsageError } from '../core/errors.js'
import type { Dataset, ImageSet } from '../data/image-set.js'
import { evaluateClassifier } from '../evaluate/evaluate-classifier.js'
import type { EvaluationResult } from '../evaluate/result.js'
import { writeJsonAtomic } from '../host/index.js'
import { splitFor } from '../train/plan.js'
import type { Recipe } from '../train/recipe.js'
import { runPaths } from '../train/run-directory.js'
import { type DatasetRequest, datasetFor } from './classifier-images.js'
import { openClassifier } from './open-classifier.js'

export type SplitName = EvaluationResult['split']

export interface EvaluationSource extends DatasetRequest {
  /** A run directory or an ONNX file. */
  path: string
  split: SplitName
  threads?: number | undefined
  onProgress?: (done: number, total: number) => void
}

/** Evaluates a run or a file on one split. The test result of a run is also kept in its evaluation.json. */
export async function evaluateSource(source: EvaluationSource): Promise<EvaluationResult> {
  const opened = await openClassifier(source.path)
  return evaluateOn(source, opened, await datasetOf(source, opened.classifier, opened.recipe))
}

/** The same on the test images; undefined where the data set has none. */
export async function evaluateTest(source: Omit<EvaluationSource, 'split'>): Promise<EvaluationResult | undefined> {
  const opened = await openClassifier(source.path)
  const onTest = { ...source, split: 'test' as const }
  const dataset = await datasetOf(onTest, opened.classifier, opened.recipe)
  return dataset.test ? evaluateOn(onTest, opened, dataset) : undefined
}

async function evaluateOn(
  source: EvaluationSource,
  { classifier, directory, recipe }: Awaited<ReturnType<typeof openClassifier>>,
  dataset: Dataset,
): Promise<EvaluationResult> {
  const result = await evaluateClassifier(classifier, setOf(source, dataset, recipe), {
    dataset: dataset.name,
    split: source.split,
    ...(source.threads === undefined ? {} : { threads: source.threads }),
    ...(source.onProgress ? { onProgress: source.onProgress } : {}),
  })
  if (directory && source.split === 'test' && source.dataset === undefined)
    await writeJsonAtomic(runPaths(directory).evaluation, result)
  return result
}

async function datasetOf(
  source: EvaluationSource,
  classifier: Classifier,
  recipe: Recipe | undefined,
): Promise<Dataset> {
  const dataset = await datasetFor(classifier, recipe, source)
  if (dataset) return dataset
  throw new UsageError({
    where: source.path,
    expected: 'a file that names the data set it was trained on',
    received: 'none',
    fix: '--dataset NAME',
  })
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
