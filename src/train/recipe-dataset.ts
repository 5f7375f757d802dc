import { type OpenDatasetOptions, openDataset } from '../data/datasets/index.js'
import type { Dataset } from '../data/image-set.js'
import type { Recipe } from './recipe.js'

/** The data set of a recipe, image folders read as it says. `options.size` goes before the recipe's. */
export function openRecipeDataset(recipe: Recipe, options: OpenDatasetOptions = {}): Promise<Dataset> {
  const { size, fit, onBadImage } = recipe.images
  return openDataset(recipe.dataset, {
    ...(size === null ? {} : { size: { height: size, width: size } }),
    fit,
    onBadImage,
    ...options,
  })
}
