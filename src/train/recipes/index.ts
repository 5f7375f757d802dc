import { didYouMean, UsageError } from '../../core/errors.js'
import { parseRecipe, type Recipe, type RecipeInput } from '../recipe.js'
import { baseline } from './baseline.js'
import { baselineAugmented } from './baseline-augmented.js'
import { cct } from './cct.js'
import { convnext } from './convnext.js'
import { efficientnetLite0 } from './efficientnet-lite0.js'
import { mobilenetV2 } from './mobilenet-v2.js'
import { quick } from './quick.js'
import { vit } from './vit.js'

/** Every recipe that comes with Fovea, one file each. */
export const recipes: readonly RecipeInput[] = [
  baseline,
  baselineAugmented,
  quick,
  mobilenetV2,
  efficientnetLite0,
  convnext,
  vit,
  cct,
]

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
