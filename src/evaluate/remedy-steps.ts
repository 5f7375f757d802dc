import { walkThroughAugmented } from '../train/recipes/walk-through-augmented.js'
import { digits } from './finding.js'
import type { History } from './history.js'
import { batchSizeOf } from './run-facts.js'

/**
 * The steps that several remedies share, as text that can be typed: every `--set field=value`, flag and callback in
 * backticks is tested against the schema of recipes and the flags of `fovea train`, so that advice cannot go stale.
 */

/** A change of any field of the recipe, quoted for a shell where it needs to be. */
export function set(field: string, value: unknown): string {
  const setting = `${field}=${typeof value === 'string' ? value : JSON.stringify(value)}`
  return /^[\w.=+-]*$/.test(setting) ? `\`--set ${setting}\`` : `\`--set '${setting}'\``
}

export const flag = (name: string, value?: string | number): string =>
  value === undefined ? `\`--${name}\`` : `\`--${name} ${value}\``

/** A learning rate rounded as a person would write it. */
export const setLearningRate = (value: number): string => set('optimizer.learningRate', Number(digits(value)))

export const learningRateOf = (history: History): number =>
  Math.max(...history.steps.map(step => step.learningRate), ...history.epochs.map(epoch => epoch.learningRate))

/** The learning rate divided, in figures where the run has recorded one. */
export function divideLearningRate(history: History, divisor: number): string {
  const rate = learningRateOf(history)
  return Number.isFinite(rate) && rate > 0
    ? `Divide the learning rate by ${divisor}: ${setLearningRate(rate / divisor)}`
    : `Divide the learning rate (\`optimizer.learningRate\`) by ${divisor}`
}

export const clipGradient = (): string => `Limit the length of the gradient: ${set('clipNorm', 1)}.`

export const lowerOnPlateau = (): string =>
  'Lower it while training: add `{"type":"reduce-lr-on-plateau","factor":0.5,"patience":3}` to the `callbacks` of the recipe.'

export const stopEarly = (): string =>
  'add `{"type":"early-stopping","patience":5,"restoreBest":true}` to the `callbacks` of the recipe'

export function doubleBatch(history: History): string {
  const recorded = history.start.recipe.batchSize
  const batchSize = typeof recorded === 'number' ? recorded : Math.round(batchSizeOf(history))
  return `Double the batch: ${flag('batch-size', 2 * batchSize)}; larger batches have steadier gradients.`
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const numbersIn = (value: unknown): number[] | undefined =>
  Array.isArray(value) && value.length > 0 && value.every(item => typeof item === 'number') ? value : undefined

const modelField = (history: History, field: string): number[] | undefined => {
  const { model } = history.start.recipe
  return isObject(model) ? numbersIn(model[field]) : undefined
}

export function moreDropout(history: History): string {
  const dropout = modelField(history, 'dropout')
  if (!dropout) return 'Raise the dropout of the `model`, for instance by 0.1 in every place.'
  const raised = dropout.map(rate => Math.round(100 * Math.min(0.7, Math.max(rate, rate + 0.1))) / 100)
  return `More dropout: ${set('model.dropout', raised)}.`
}

export function largerModel(history: History): string {
  const filters = modelField(history, 'filters')
  return filters
    ? `Use a larger model: ${set(
        'model.filters',
        filters.map(count => 2 * count),
      )}.`
    : 'Use a larger `model`.'
}

export function moreAugmentation(history: History): string {
  const { augmentation } = history.start.recipe
  const has = Array.isArray(augmentation) ? augmentation.length > 0 : isObject(augmentation)
  return has
    ? 'Strengthen the `augmentation` of the recipe: wider ranges, or a cutout of a quarter of the side.'
    : `Show the network more: ${set('augmentation', walkThroughAugmented.augmentation)}.`
}

export const addL2 = (): string => `Add L2: ${set('kernelRegularizer.l2', 0.0001)}, up to 0.0005.`
