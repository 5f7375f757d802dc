/**
 * What a recipe says about things that make training harder than validation. The recipe is read as data, wherever a
 * field stands in it, because model families keep their own fields: `dropout`, `dropoutRate`, `augmentation.mixUp` ...
 */
const ON_TRAINING_ONLY =
  /dropout|droppath|stochasticdepth|(?<!testtime)augment|mixup|cutmix|cutout|randaugment|erasing|noise/i
const SOFT_TARGETS = /smoothing|mixup|cutmix|distill|temperature/i

const isOff = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  value === 0 ||
  value === '' ||
  value === 'none' ||
  value === 'off' ||
  (typeof value === 'object' && Object.values(value).every(isOff))

function settingsNamed(recipe: unknown, name: RegExp): unknown[] {
  if (typeof recipe !== 'object' || recipe === null) return []
  return Object.entries(recipe).flatMap(([key, value]) => [
    ...(name.test(key) || (typeof value === 'string' && name.test(value)) ? [value] : []),
    ...settingsNamed(value, name),
  ])
}

/** 'unknown' where the recipe names no such thing: the model may then bring dropout of its own. */
export function hardensTraining(recipe: Record<string, unknown>): 'yes' | 'no' | 'unknown' {
  const settings = settingsNamed(recipe, ON_TRAINING_ONLY)
  if (settings.some(value => !isOff(value))) return 'yes'
  const saysDropout = settingsNamed(recipe, /dropout/i).length > 0
  return saysDropout ? 'no' : 'unknown'
}

/** Label smoothing and its relatives teach a network to be less sure than it is right. */
export const softensTargets = (recipe: Record<string, unknown>): boolean =>
  settingsNamed(recipe, SOFT_TARGETS).some(value => !isOff(value))
