import type { Value } from '../../onnx/ir.js'
import { HardSigmoid } from '../../ops/hard-sigmoid.js'

/** Steep enough that the smallest normal difference of two activations lands on 0 or 1. */
const STEEP = 1e30

/** 1 where x >= 0, else 0, in one pass: max(0, min(1, 1e30 x + 1)). For x <= 0 differences (x - max) it is [x = max]. */
export const stepAtZero = (x: Value): Value => x.graph.add(HardSigmoid, [x], { alpha: STEEP, beta: 1 })

/** [x > 0]: max(0, min(1, 1e30 x)). */
export const stepAboveZero = (x: Value): Value => x.graph.add(HardSigmoid, [x], { alpha: STEEP, beta: 0 })
