import { didYouMean, UsageError } from '../../core/errors.js'
import { parseRecipe, type Recipe, type RecipeInput } from '../recipe.js'
import { baseline } from './baseline.js'
import { baselineAugmented } from './baseline-augmented.js'
import { quick } from './quick.js'

/** Every recipe that comes with Fovea, one file each. */
export const recipes: readonly RecipeInput[] = [baseline, baselineAugmented, quick]

export const recipeNames: readonly string[] = recipes.map(recipe => recipe.name)

export function recipeNamed(name: string): Recipe {
  const found = recipes.find(recipe => recipe.name === name)
  if (found) return parseRecipe(found, `recipe '${name}'`)
  const near = didYouMean(name, recipeNames)
  throw new UsageError({
    where: '--recipe',
    expected: `${recipeNames.join(', ')}, or the path of a JSON file`,
    received: `'${name}'`,
    ...(near ? { fix: `did you mean '${near}'?` } : {}),
  })
}
