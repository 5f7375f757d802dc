import { didYouMean, UsageError } from '../../core/errors.js'
import { parseRecipe, type Recipe, type RecipeInput } from '../recipe.js'
import { accuracy96 } from './accuracy96.js'
import { baseline } from './baseline.js'
import { baselineAugmented } from './baseline-augmented.js'
import { cct } from './cct.js'
import { convnext } from './convnext.js'
import { densenetBc40x12 } from './densenet-bc-40-12.js'
import { efficientnetLite0 } from './efficientnet-lite0.js'
import { mobilenetV2 } from './mobilenet-v2.js'
import { quick } from './quick.js'
import { resnet18 } from './resnet18.js'
import { resnet20 } from './resnet20.js'
import { speed90 } from './speed90.js'
import { speed94 } from './speed94.js'
import { tiny } from './tiny.js'
import { vgg16Bn } from './vgg16-bn.js'
import { vit } from './vit.js'
import { walkThrough } from './walk-through.js'
import { walkThroughAugmented } from './walk-through-augmented.js'
import { wrn16x4 } from './wrn16-4.js'

/** Every recipe that comes with Fovea, one file each. */
export const recipes: readonly RecipeInput[] = [
  baseline,
  baselineAugmented,
  walkThrough,
  walkThroughAugmented,
  quick,
  speed90,
  speed94,
  tiny,
  resnet20,
  resnet18,
  accuracy96,
  wrn16x4,
  densenetBc40x12,
  vgg16Bn,
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
