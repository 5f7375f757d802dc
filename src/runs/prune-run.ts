import type { Classifier } from '../classifier/classifier.js'
import { batchGradients } from '../compress/channels/batch-gradients.js'
import type { Importance } from '../compress/channels/importance.js'
import { pruneChannels } from '../compress/channels/prune-channels.js'
import { weightsOf } from '../compress/classifier-weights.js'
import { pruneAtOnce } from '../compress/prune-at-once.js'
import { UsageError } from '../core/errors.js'
import { sha256Of } from '../train/file-hash.js'
import { networkOf, openPlan, type TrainingPlan } from '../train/plan.js'
import { type PruningData, parseRecipe, type Recipe } from '../train/recipe.js'
import { openRecipeDataset } from '../train/recipe-dataset.js'
import { applySettings } from '../train/recipe-settings.js'
import { createRunFrom } from '../train/start-from.js'
import type { WeightMap } from '../train/weights.js'
import { finetuningRecipe, openTrained } from './finetuning.js'
import type { PruningReport } from './pruning-report.js'

export interface PruneRequest {
  /** The run to prune. */
  path: string
  /** Structured: share of the multiply-adds; else: share of the weights of all kernels. */
  sparsity: number
  structured: boolean
  importance: Importance
  /** Structured: what stays of a narrowed layer is a multiple of this many channels. */
  multipleOf: number
  scope: PruningData['scope']
  finetuneEpochs: number
  /** `path.to.field=value` for the recipe of the fine-tuning. */
  settings: readonly string[]
  directory: (recipeName: string) => string
  threads: number
  dataDir?: string | undefined
  cacheHome?: string | undefined
}

/** What fine-tuning begins with, and what is known before it. */
export interface PreparedPruning {
  directory: string
  recipe: Recipe
  /** 0: no fine-tuning. */
  maxSteps: number | undefined
  report: Pick<PruningReport, 'source' | 'sourceSha256' | 'sparsity' | 'method' | 'importance' | 'groups'>
  before: { classifier: Classifier; layer: TrainingPlan['layer'] }
}

const GRADIENT_BATCHES = 20

/** Prunes and makes the run that fine-tunes; nothing is written before all of it is known to fit. */
export async function preparePruning(request: PruneRequest): Promise<PreparedPruning> {
  const { path, structured, sparsity, finetuneEpochs } = request
  if (!(sparsity > 0 && sparsity < 1))
    throw new UsageError({ where: '--sparsity', expected: 'a share between 0 and 1', received: String(sparsity) })
  const { classifier, recipe: source } = await openTrained(path)
  const layer = networkOf(source, classifier.classNames.length)
  const weights = weightsOf(classifier, layer, path)
  const own = request.settings.filter(setting => !setting.startsWith('pruning.'))
  const base = finetuningRecipe(
    source,
    { suffix: '-pruned', epochs: finetuneEpochs, changes: { pruning: undefined } },
    own,
  )
  const before = {
    source: path,
    sourceSha256: sha256Of(classifier.model),
    sparsity,
  }
  const rest = { maxSteps: finetuneEpochs === 0 ? 0 : undefined, before: { classifier, layer } }
  if (structured) {
    const pruned = await pruneStructure(request, source, layer, classifier, weights)
    const recipe = parseRecipe({ ...base, widths: { ...source.widths, ...pruned.widths } })
    const directory = request.directory(recipe.name)
    await createRunFrom(directory, recipe, pruned.weights)
    const report = { ...before, method: 'channels' as const, importance: request.importance, groups: pruned.groups }
    return { directory, recipe, report, ...rest }
  }
  const recipe = parseRecipe(
    applySettings({ ...base, pruning: { sparsity, scope: request.scope } }, request.settings),
    'recipe of the fine-tuning',
  )
  const start = finetuneEpochs === 0 ? pruneAtOnce(layer, classifier.inputShape, weights, recipe.pruning!) : weights
  const directory = request.directory(recipe.name)
  await createRunFrom(directory, recipe, start)
  return { directory, recipe, report: { ...before, method: 'magnitude' }, ...rest }
}

function pruneStructure(
  { sparsity, importance, multipleOf, threads, dataDir, cacheHome }: PruneRequest,
  { pruning, distillation, ...recipe }: Recipe,
  layer: TrainingPlan['layer'],
  { inputShape }: Classifier,
  weights: WeightMap,
) {
  const gradients = async () => {
    const plan = await openPlan(recipe, await openRecipeDataset(recipe, { dataDir, xdgCacheHome: cacheHome }))
    return batchGradients(plan, weights, GRADIENT_BATCHES, { device: 'cpu', threads })
  }
  return pruneChannels({ layer, inputShape, weights, sparsity, importance, multipleOf, gradients })
}
