import { type Evidence, type Gradients, LEARNT } from './evidence.js'

/** Complaints; none: the law holds. */
export type Law = (evidence: Evidence) => string[]

/**
 * Largest difference of the gradient of one parameter, and of all together, on the batch where it is least: Winograd's
 * rounding. On a batch that meets a kink (docs/decisions/0004) it is more, and an error is one on every batch.
 */
const ONE = 5e-3
const ALL = 1e-3
/**
 * A bias before a batch normalisation has no gradient but rounding. A gradient shorter than this part of all together is
 * compared as if it were as long.
 */
const LEAST = 1e-3
/** Probabilities, absolute. */
const SAME = 1e-4

const norm = (parts: readonly Float32Array[]): number =>
  Math.sqrt(parts.reduce((sum, part) => part.reduce((inner, value) => inner + value * value, sum), 0))
const between = (a: Float32Array, b: Float32Array): Float32Array => a.map((value, i) => value - b[i]!)

interface Apart {
  /** By parameter. */
  one: ReadonlyMap<string, number>
  all: number
}

function apart({ lowered, portable }: Gradients): Apart {
  const whole = norm([...portable.values()])
  const differences = new Map([...portable].map(([name, gradient]) => [name, between(lowered.get(name)!, gradient)]))
  const one = new Map(
    [...portable].map(([name, gradient]) => [
      name,
      norm([differences.get(name)!]) / Math.max(norm([gradient]), LEAST * whole),
    ]),
  )
  return { one, all: norm([...differences.values()]) / whole }
}

/** What every network of the zoo keeps. */
export const laws: Readonly<Record<string, Law>> = {
  'its output is finite, and probabilities': ({ untrained }) => {
    const rows = untrained.length / 10
    return Array.from({ length: rows }, (_, n) => untrained.subarray(n * 10, n * 10 + 10)).flatMap((row, n) => {
      const sum = row.reduce((a, b) => a + b, 0)
      return Math.abs(sum - 1) < 1e-5 ? [] : [`probabilities of image ${n} sum to ${sum}`]
    })
  },
  'every trainable parameter has a gradient': ({ gradients }) =>
    [...gradients[0]!.lowered].flatMap(([name, gradient]) =>
      gradient.every(Number.isFinite) && gradient.some(value => value !== 0) ? [] : [`${name}: none, or not finite`],
    ),
  'the lowered step is the portable step': ({ gradients }) => {
    const batches = gradients.map(apart)
    const least = (of: (batch: Apart) => number): number => Math.min(...batches.map(of))
    const parameters = [...batches[0]!.one.keys()].flatMap(name => {
      const distance = least(({ one }) => one.get(name)!)
      return distance < ONE ? [] : [`${name}: ${distance}`]
    })
    const all = least(batch => batch.all)
    return all < ALL ? parameters : [...parameters, `all gradients together: ${all}`]
  },
  'it learns one batch by heart': ({ losses }) =>
    losses.at(-1)! < LEARNT * losses[0]!
      ? []
      : [`loss from ${losses[0]} to ${losses.at(-1)} in ${losses.length} steps`],
  'it resumes bit for bit': ({ whole, resumed }) => (whole === resumed ? [] : [`${whole} and ${resumed}`]),
  'its exported file gives what training saw': ({ exported, scored }) =>
    Array.from(scored, (value, i) => Math.abs(value - exported[i]!)).flatMap((distance, i) =>
      distance < SAME ? [] : [`probability ${i}: ${distance} apart`],
    ),
}
