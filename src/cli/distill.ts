import { didYouMean, UsageError } from '../core/errors.js'
import { checkDataset } from '../data/datasets/index.js'
import { openClassifier } from '../runs/open-classifier.js'
import { modelFamilies } from '../train/models/index.js'
import { withFileHashes } from '../train/plan.js'
import { parseRecipe, type Recipe } from '../train/recipe.js'
import { recipeNames } from '../train/recipes/index.js'
import { createRunDirectory, defaultRunDirectory } from '../train/run-directory.js'
import type { RunProcess } from '../train/spawn-run.js'
import type { CommandContext } from './commands/index.js'
import { type RunFlags, type TrainSummary, trainPrepared } from './train.js'
import { recipeOf, withFlags } from './train-recipe.js'

export interface DistillFlags extends RunFlags {
  teacher: string
  student: string
  temperature?: number | undefined
  alpha?: number | undefined
  epochs?: number | undefined
  batchSize?: number | undefined
  seed?: number | undefined
  out?: string | undefined
  set: readonly string[]
}

/** `fovea distill`: a training run whose recipe names the teacher and the hash of its file. */
export async function distill(
  flags: DistillFlags,
  context: CommandContext,
  runProcess: RunProcess,
): Promise<TrainSummary> {
  const { classifier, recipe: taught } = await openClassifier(flags.teacher)
  const student = await studentRecipe(flags.student, taught)
  const dataset = taught?.dataset ?? classifier.provenance.dataset ?? student.dataset
  const distillation = {
    teacher: flags.teacher,
    ...(flags.temperature === undefined ? {} : { temperature: flags.temperature }),
    ...(flags.alpha === undefined ? {} : { alpha: flags.alpha }),
  }
  const { epochs, batchSize, seed, set } = flags
  const asked = parseRecipe({ ...student, name: `${student.name}-distilled`, distillation }, 'student')
  const recipe = await withFileHashes(withFlags(asked, { dataset, epochs, batchSize, seed, set }))
  await checkDataset(recipe.dataset)
  const directory = flags.out ?? defaultRunDirectory(recipe.name, new Date())
  await createRunDirectory(directory, recipe)
  return trainPrepared({ directory, recipe, resume: false }, flags, context, runProcess)
}

/** A recipe; or a model type, with everything else as the teacher had it. */
export async function studentRecipe(student: string, taught: Recipe | undefined): Promise<Recipe> {
  const types = modelFamilies.map(({ schema }) => String(schema.shape.type.value))
  if (/[./\\]/.test(student) || recipeNames.includes(student)) return recipeOf(student)
  const near = didYouMean(student, [...recipeNames, ...types])
  if (!types.includes(student))
    throw new UsageError({
      where: '--student',
      expected: `a recipe (${recipeNames.join(', ')}), the path of a JSON file, or a model type (${types.join(', ')})`,
      received: `'${student}'`,
      ...(near ? { fix: `did you mean '${near}'?` } : {}),
    })
  if (!taught)
    throw new UsageError({
      where: '--student',
      expected: 'a recipe: the teacher is a file alone, without one to go by',
      received: `the model type '${student}'`,
      fix: 'give the run directory of the teacher, or a recipe',
    })
  // What belongs to the teacher's own form.
  const { widths, pruning, initialWeights, ...kept } = taught
  return parseRecipe({ ...kept, name: student, model: { type: student } }, 'student')
}
