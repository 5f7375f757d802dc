import type { Classifier } from '../classifier/classifier.js'
import { UsageError } from '../core/errors.js'
import { parseRecipe, type Recipe, type RecipeInput } from '../train/recipe.js'
import { applySettings } from '../train/recipe-settings.js'
import { openClassifier } from './open-classifier.js'

/** The classifier of a run and the recipe that made it. @throws UsageError for a file alone, which has no recipe */
export async function openTrained(path: string): Promise<{ classifier: Classifier; recipe: Recipe }> {
  const { classifier, recipe } = await openClassifier(path)
  if (recipe) return { classifier, recipe }
  throw new UsageError({
    where: path,
    expected: 'a run directory, whose recipe says what network it is and how to fine-tune it',
    received: 'an ONNX file alone',
    fix: 'give the run directory',
  })
}

/** Fine-tuning goes gently: at a tenth of the rate that the network was trained with, falling to 0. */
const FINETUNE_RATE = 0.1

export interface FinetuningChange {
  /** Of the recipe's name. */
  suffix: string
  epochs: number
  changes?: Partial<RecipeInput>
}

/** The recipe that a network was trained with, changed so that it goes on gently from where it is. */
export function finetuningRecipe(
  source: Recipe,
  { suffix, epochs, changes }: FinetuningChange,
  settings: readonly string[],
): Recipe {
  const slower = <Rule extends { learningRate: number }>(rule: Rule): Rule => ({
    ...rule,
    learningRate: Number((FINETUNE_RATE * rule.learningRate).toPrecision(6)),
  })
  const optimizer = slower(source.optimizer)
  const changed = {
    ...source,
    name: source.name.endsWith(suffix) ? source.name : `${source.name}${suffix}`,
    optimizer: optimizer.type === 'muon' ? { ...optimizer, others: slower(optimizer.others) } : optimizer,
    schedule: { type: 'linear' },
    epochs: Math.max(1, epochs),
    // The best epoch by validation may be one before the change was complete, and a plateau is none while it goes on.
    callbacks: [],
    progressiveResizing: [],
    initialWeights: undefined,
    averaging: null,
    lookahead: null,
    // What was pruned is the smallest there is: it is pruned again at once, and stays.
    pruning: source.pruning && { ...source.pruning, begin: 0, end: 0 },
    ...changes,
  }
  return parseRecipe(applySettings(changed, settings), 'recipe of the fine-tuning')
}
