import { readdir, readFile } from 'node:fs/promises'
import { FoveaError, messageOf, UsageError } from '../core/errors.js'
import { parseRecipe, type Recipe } from '../train/recipe.js'
import { applySettings } from '../train/recipe-settings.js'
import { recipeNamed } from '../train/recipes/index.js'
import { refuseOtherRecipe } from '../train/resume.js'
import { parseRecipeText, readRecipeOf } from '../train/run-directory.js'

export interface RecipeFlags {
  dataset: string
  recipe?: string | undefined
  epochs?: number | undefined
  batchSize?: number | undefined
  seed?: number | undefined
  validation?: 'split' | 'test' | undefined
  initialWeights?: string | undefined
  imageSize?: number | undefined
  skipBadImages?: boolean | undefined
  set: readonly string[]
}

/** A recipe by its name, or from a JSON file. */
export async function recipeOf(nameOrPath: string): Promise<Recipe> {
  if (!/[./\\]/.test(nameOrPath)) return recipeNamed(nameOrPath)
  let text: string
  try {
    text = await readFile(nameOrPath, 'utf8')
  } catch (error) {
    throw new UsageError(
      { where: '--recipe', expected: 'the name of a recipe or the path of a JSON file', received: messageOf(error) },
      { cause: error },
    )
  }
  return parseRecipeText(text, nameOrPath)
}

/** A recipe with the flags of a command line laid over it; --set comes last. */
export function withFlags(base: Recipe, flags: RecipeFlags): Recipe {
  const { epochs, batchSize, seed, validation, initialWeights, imageSize, skipBadImages, set } = flags
  const changed = {
    ...base,
    dataset: flags.dataset,
    ...(epochs === undefined ? {} : { epochs }),
    ...(batchSize === undefined ? {} : { batchSize }),
    ...(seed === undefined ? {} : { seed }),
    // The file that the recipe names already keeps its hash there.
    ...(initialWeights === undefined || initialWeights === base.initialWeights?.file
      ? {}
      : { initialWeights: { file: initialWeights } }),
    images: {
      ...base.images,
      ...(imageSize === undefined ? {} : { size: imageSize }),
      ...(skipBadImages ? { onBadImage: 'skip' } : {}),
    },
    ...(validation === undefined || validation === base.validation.from ? {} : { validation: { from: validation } }),
  }
  return parseRecipe(applySettings(changed, set), `recipe '${base.name}'`)
}

/** The recipe of a resumed run: what it began with, and the flags must agree with that. */
export async function recipeOfResumed(directory: string, flags: RecipeFlags): Promise<Recipe> {
  const before = await readRecipeOf(directory)
  const recipe = withFlags(flags.recipe === undefined ? before : await recipeOf(flags.recipe), flags)
  refuseOtherRecipe(before, recipe, `--resume ${directory}`)
  return recipe
}

/** True where nothing was ever written: a run that was killed before its first file, or never begun. */
export async function isUntouched(directory: string): Promise<boolean> {
  try {
    return (await readdir(directory)).length === 0
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true
    throw new FoveaError({ where: directory, expected: 'a directory', received: messageOf(error) }, { cause: error })
  }
}
