import type { Classifier } from '../classifier/classifier.js'
import { UsageError } from '../core/errors.js'
import { sizeOf } from '../core/shape.js'
import { openDataset } from '../data/datasets/index.js'
import type { Dataset, ImageSet } from '../data/image-set.js'
import { splitFor } from '../train/plan.js'
import type { Recipe } from '../train/recipe.js'
import { openRecipeDataset } from '../train/recipe-dataset.js'

export interface DatasetRequest {
  /** Instead of the data set that the classifier was trained on. */
  dataset?: string | undefined
  dataDir?: string | undefined
  cacheHome?: string | undefined
}

/** The data set of a classifier, in its size and read as its recipe says; undefined where nobody names one. */
export async function datasetFor(
  { inputShape, provenance }: Classifier,
  recipe: Recipe | undefined,
  { dataset, dataDir, cacheHome }: DatasetRequest,
): Promise<Dataset | undefined> {
  const name = dataset ?? recipe?.dataset ?? provenance.dataset
  const [, height, width] = inputShape
  const options = { dataDir, xdgCacheHome: cacheHome, size: { height, width } }
  if (name === undefined) return undefined
  return recipe ? openRecipeDataset({ ...recipe, dataset: name }, options) : openDataset(name, options)
}

/** The first `count` test images (training images where there are no others), with what they are. */
export function testImages(
  classifier: Classifier,
  dataset: Dataset,
  count: number,
): { images: Uint8Array; count: number; labels: ArrayLike<number>; source: string } {
  const [set, split] = dataset.test
    ? ([dataset.test, 'test'] as const)
    : ([dataset.validation ?? dataset.train, 'train'] as const)
  checkSet(set, classifier)
  const taken = Math.min(count, set.count)
  return {
    images: set.images.subarray(0, taken * sizeOf(set.shape)),
    count: taken,
    labels: set.labels.subarray(0, taken),
    source: `${dataset.name}, ${split}`,
  }
}

/** Training images, as the recipe split them where there is one: what ranges are measured on. */
export function trainingImages(
  classifier: Classifier,
  dataset: Dataset | undefined,
  recipe: Recipe | undefined,
): ImageSet {
  if (!dataset)
    throw new UsageError({
      where: 'calibration',
      expected: 'training images of the classifier',
      received: 'a file that names no data set',
      fix: '--dataset NAME',
    })
  checkSet(dataset.train, classifier)
  return recipe ? splitFor(recipe, dataset).training : dataset.train
}

function checkSet(set: ImageSet, { inputShape, classNames }: Classifier): void {
  const fits = set.shape.every((size, i) => size === inputShape[i]) && set.classNames.length === classNames.length
  if (fits) return
  throw new UsageError({
    where: `data set '${set.name}'`,
    expected: `images of [${inputShape.join(', ')}] in ${classNames.length} classes`,
    received: `[${set.shape.join(', ')}] in ${set.classNames.length}`,
    fix: 'name the data set that it was trained on: --dataset NAME',
  })
}
