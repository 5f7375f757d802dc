import type { Value } from '../../onnx/ir.js'
import { HardSigmoid } from '../../ops/hard-sigmoid.js'

/** Slope of a HardSigmoid that makes a step of it for every normal float32: just below the largest one. */
export const STEEP = 3e38

/** [x > 0] in one pass: max(0, min(1, STEEP · x)). */
export const stepAboveZero = (x: Value): Value => x.graph.add(HardSigmoid, [x], { alpha: STEEP, beta: 0 })

/** A slope whose products with numbers are exact, so that none is left at a bound; enough for bounds near 1. */
const STEEP_EXACT = 2 ** 100
const NEAR_ONE = 2 ** 20

/** [x < bound] in one pass: max(0, min(1, S · bound - S · x)); undefined for a bound far from 1. */
export function stepBelow(x: Value, bound: number): Value | undefined {
  const size = Math.abs(bound)
  if (!(size >= 1 / NEAR_ONE && size <= NEAR_ONE)) return undefined
  return x.graph.add(HardSigmoid, [x], { alpha: -STEEP_EXACT, beta: STEEP_EXACT * bound })
}
