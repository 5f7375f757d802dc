import type { Value } from '../../onnx/ir.js'
import { HardSigmoid } from '../../ops/hard-sigmoid.js'

/** Slope of a HardSigmoid that makes a step of it for every normal float32: just below the largest one. */
export const STEEP = 3e38

/** [x > 0] in one pass: max(0, min(1, STEEP · x)). */
export const stepAboveZero = (x: Value): Value => x.graph.add(HardSigmoid, [x], { alpha: STEEP, beta: 0 })
