import { UsageError } from '../core/errors.js'
import type { EpochEvent } from './events.js'
import type { EndReason, EpochSums, Snapshot } from './fit-host.js'
import { boundToLength } from './plan.js'
import type { Recipe } from './recipe.js'
import type { WeightMap } from './weights.js'

/** A snapshot as checkpoint `last` holds it: tensors by name, everything else as JSON. */
interface SnapshotFacts {
  step: number
  epochSums: EpochSums
  history: EpochEvent[]
  callbacks: { name: string; state: unknown }[]
  stopped: { reason: EndReason; message: string } | null
  recipe: Recipe
}

const prefixOf = (index: number): string => `callback/${index}/`

export function packSnapshot(snapshot: Snapshot, recipe: Recipe): { tensors: WeightMap; facts: SnapshotFacts } {
  const tensors: WeightMap = new Map(snapshot.weights)
  snapshot.callbacks.forEach((callback, i) => {
    for (const [name, held] of callback.tensors) tensors.set(prefixOf(i) + name, held)
  })
  const { step, epochSums, history, stopped } = snapshot
  const callbacks = snapshot.callbacks.map(({ name, state }) => ({ name, state }))
  return { tensors, facts: { step, epochSums, history, callbacks, stopped, recipe } }
}

export function unpackSnapshot(checkpoint: { tensors: WeightMap; facts: unknown }): {
  snapshot: Snapshot
  recipe: Recipe
} {
  const { recipe, callbacks, ...facts } = checkpoint.facts as SnapshotFacts
  const under = (prefix: string): WeightMap =>
    new Map(
      [...checkpoint.tensors].flatMap(([name, held]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), held]] : [],
      ),
    )
  return {
    recipe,
    snapshot: {
      ...facts,
      callbacks: callbacks.map((callback, i) => ({ ...callback, tensors: under(prefixOf(i)) })),
      weights: new Map([...checkpoint.tensors].filter(([name]) => !name.startsWith('callback/'))),
    },
  }
}

type Leaves = Map<string, string>

function leavesOf(value: unknown, path = '', leaves: Leaves = new Map()): Leaves {
  if (typeof value === 'object' && value !== null && Object.keys(value).length)
    for (const [key, inner] of Object.entries(value)) leavesOf(inner, path ? `${path}.${key}` : key, leaves)
  else leaves.set(path, JSON.stringify(value))
  return leaves
}

/** Fields in which two recipes differ: `path: before -> now`. */
export function recipeDifferences(before: Recipe, now: Recipe): string[] {
  const a = leavesOf(before)
  const b = leavesOf(now)
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter(path => a.get(path) !== b.get(path))
    .map(path => `${path}: ${a.get(path) ?? 'absent'} -> ${b.get(path) ?? 'absent'}`)
}

/**
 * A run goes on only with the recipe that it began with. The number of epochs may change where nothing that a step does
 * depends on it; name and description may always.
 */
export function refuseOtherRecipe(before: Recipe, now: Recipe, where: string): void {
  const bound = boundToLength(before)
  const free = ['name:', 'description:', ...(bound ? [] : ['epochs:'])]
  const differences = recipeDifferences(before, now).filter(line => !free.some(prefix => line.startsWith(prefix)))
  if (!differences.length) return
  const onlyEpochs = bound && differences.every(line => line.startsWith('epochs:'))
  throw new UsageError({
    where,
    expected: 'the recipe that the run began with',
    received: `another one (${differences.join('; ')})`,
    fix: onlyEpochs
      ? `${bound} over all epochs: start a new run for another number of them`
      : 'resume without these changes, or start a new run',
  })
}
