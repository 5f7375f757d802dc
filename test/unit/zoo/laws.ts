import { type Evidence, LEARNT } from './evidence.js'

/** Complaints; none: the law holds. */
export type Law = (evidence: Evidence) => string[]

/** Largest difference of the gradient of one parameter, and of all together: Winograd's rounding, and a rare kink. */
const ONE = 1e-2
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

/** What every network of the zoo keeps. */
export const laws: Readonly<Record<string, Law>> = {
  'its output is finite, and probabilities': ({ untrained }) => {
    const rows = untrained.length / 10
    return Array.from({ length: rows }, (_, n) => untrained.subarray(n * 10, n * 10 + 10)).flatMap((row, n) => {
      const sum = row.reduce((a, b) => a + b, 0)
      return Math.abs(sum - 1) < 1e-5 ? [] : [`probabilities of image ${n} sum to ${sum}`]
    })
  },
  'every trainable parameter has a gradient': ({ lowered }) =>
    [...lowered].flatMap(([name, gradient]) =>
      gradient.every(Number.isFinite) && gradient.some(value => value !== 0) ? [] : [`${name}: none, or not finite`],
    ),
  'the lowered step is the portable step': ({ lowered, portable }) => {
    const whole = norm([...portable.values()])
    const differences = [...portable].map(([name, gradient]) => between(lowered.get(name)!, gradient))
    const apart = [...portable].flatMap(([name, gradient], i) => {
      const distance = norm([differences[i]!]) / Math.max(norm([gradient]), LEAST * whole)
      return distance < ONE ? [] : [`${name}: ${distance}`]
    })
    const all = norm(differences) / whole
    return all < ALL ? apart : [...apart, `all gradients together: ${all}`]
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
