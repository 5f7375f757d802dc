import type { Value } from '../../onnx/ir.js'
import { HardSigmoid } from '../../ops/hard-sigmoid.js'

/** Slope of a HardSigmoid that makes a step of it: any difference of two activations lands on 0 or 1. */
export const STEEP = 1e30

/** [x > 0] in one pass: max(0, min(1, 1e30 x)). */
export const stepAboveZero = (x: Value): Value => x.graph.add(HardSigmoid, [x], { alpha: STEEP, beta: 0 })
