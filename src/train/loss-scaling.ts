import { float32 } from '../core/tensor.js'
import type { Graph, Value } from '../onnx/ir.js'
import { add } from '../ops/add.js'
import { cast } from '../ops/cast.js'
import { concat } from '../ops/concat.js'
import { div } from '../ops/div.js'
import { greaterOrEqual } from '../ops/greater-or-equal.js'
import { less } from '../ops/less.js'
import { max } from '../ops/max.js'
import { min } from '../ops/min.js'
import { mul, scale } from '../ops/mul.js'
import { reduceSumSquare } from '../ops/reduce-sum-square.js'
import { reshape } from '../ops/reshape.js'
import { split } from '../ops/split.js'
import { where } from '../ops/where.js'
import { held, type StateLayout } from './state-layout.js'

/** Dynamic loss scaling (Micikevicius et al. 2018, arXiv 1710.03740, section 3.2). */
export interface LossScaling {
  /** Power of two that the loss is multiplied by at first. */
  initialScale: number
  /** Good steps after which the scale doubles; a step whose gradients overflow halves it. */
  growthInterval: number
}

export const LOSS_SCALING: LossScaling = { initialScale: 2 ** 16, growthInterval: 2000 }

const STATE = 'loss-scale'
/** [scale, good steps since it last changed], kept in checkpoints as a slot is. */
const KEPT_AS = 'optimizer/loss-scale/state'
export const LARGEST_SCALE = 2 ** 24
/** Above this a sum of squares counts as overflowed. */
const LARGEST = 3e38

/** Adds the scale to the state of a training. */
export function addLossScale(layout: StateLayout, { initialScale }: LossScaling): void {
  layout.tensors.push({ name: STATE, shape: [2], next: `next/${STATE}` })
  layout.placements.push({ name: KEPT_AS, shape: [2], state: STATE, offset: 0, startsWith: [initialScale, 0] })
}

function heldScale(graph: Graph, layout: StateLayout): { factor: Value; good: Value } {
  const [factor, good] = split(held(graph, layout, STATE), [1, 1], 0) as [Value, Value]
  return { factor, good }
}

/** The loss as gradients are taken of it: large enough that small ones do not vanish in float16. */
export const scaledLoss = (loss: Value, layout: StateLayout): Value =>
  loss.graph.within('loss-scale', () => mul(loss, reshape(heldScale(loss.graph, layout).factor, [])))

export const unscaled = (graph: Graph, layout: StateLayout, grads: ReadonlyMap<string, Value>): Map<string, Value> =>
  graph.within('unscale', () => {
    const factor = reshape(heldScale(graph, layout).factor, [])
    return new Map(Array.from(grads, ([name, gradient]) => [name, div(gradient, factor)]))
  })

/**
 * Moves the scale on and says how an overflow is survived: a step whose gradients are not all finite changes nothing
 * but the scale. Output `finite` [] is then 0, else 1.
 */
export function surviveOverflow(
  graph: Graph,
  layout: StateLayout,
  gradientNorms: Value,
  { growthInterval }: LossScaling,
): (next: Value, before: Value) => Value {
  return graph.within('loss-scale', () => {
    const finite = less(reduceSumSquare(gradientNorms, [0], false), graph.float(LARGEST))
    const { factor, good } = heldScale(graph, layout)
    const counted = add(good, graph.constant(float32([1])))
    const grows = greaterOrEqual(counted, graph.constant(float32([growthInterval])))
    const grown = min(scale(factor, 2), graph.constant(float32([LARGEST_SCALE])))
    const shrunk = max(scale(factor, 0.5), graph.constant(float32([1])))
    const none = graph.constant(float32([0]))
    graph.output(
      concat([where(finite, where(grows, grown, factor), shrunk), where(finite, where(grows, none, counted), none)], 0),
      `next/${STATE}`,
    )
    graph.output(cast(finite, 'float32'), 'finite')
    return (next, before) => where(finite, next, before)
  })
}
