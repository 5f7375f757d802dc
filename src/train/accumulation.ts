import type { Graph, Value } from '../onnx/ir.js'
import { add } from '../ops/add.js'
import { greater } from '../ops/greater.js'
import { scale } from '../ops/mul.js'
import { where } from '../ops/where.js'
import { groupGradient, groupMembers, type StateLayout, type StateTensor } from './state-layout.js'

/** Scalar input of the graph of one part: 0 in the first part of a batch, then 1. */
export const KEEP_SUM = 'accumulated/keep'

const sumName = (state: string): string => `accumulated/${state}`
const shapeOf = (layout: StateLayout, state: string): readonly number[] =>
  layout.tensors.find(({ name }) => name === state)!.shape

/**
 * sum = (keep ? sum : 0) + gradient / parts, for every group of trainable parameters; gives the tensors that hold the sums.
 * Chosen and not multiplied: 0 times what overflowed in the batch before would not be 0.
 */
export function accumulateGradients(
  graph: Graph,
  layout: StateLayout,
  grads: ReadonlyMap<string, Value>,
  parts: number,
): StateTensor[] {
  const keep = greater(graph.input(KEEP_SUM, 'float32', []), graph.float(0))
  return layout.groups
    .filter(({ rule }) => rule)
    .map(group => {
      const name = sumName(group.state)
      const shape = shapeOf(layout, group.state)
      const before = graph.input(name, 'float32', shape)
      const next = graph.within('accumulate', () =>
        add(where(keep, before, graph.float(0)), scale(groupGradient(group, grads), 1 / parts)),
      )
      graph.output(next, `next/${name}`)
      return { name, shape, next: `next/${name}` }
    })
}

/** The sums as inputs of the graph that updates, taken apart into the gradient of each parameter. */
export function accumulatedGradients(graph: Graph, layout: StateLayout): Map<string, Value> {
  const grads = new Map<string, Value>()
  for (const group of layout.groups)
    if (group.rule)
      groupMembers(group, graph.input(sumName(group.state), 'float32', shapeOf(layout, group.state)), grads)
  return grads
}
