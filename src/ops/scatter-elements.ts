import { FoveaError } from '../core/errors.js'
import { normalizeAxis } from '../core/shape.js'
import type { Value } from '../onnx/ir.js'
import { defineOp, type VjpContext } from '../onnx/operator.js'
import { gatherElements } from './gather-elements.js'
import { sameType } from './kinds/elementwise.js'
import { flatIndex, forEachIndex, withIndex } from './kinds/indices.js'
import { placeOf } from './kinds/lookup.js'
import { scale } from './mul.js'

function gradients({ node, inputs: [, indices, updates], attributes, gradients: [dy], needs }: VjpContext) {
  const { axis, reduction } = attributes as { axis: number; reduction: string }
  if (reduction !== 'none' && reduction !== 'add')
    throw new FoveaError({
      where: node.name,
      expected: "reduction 'none' or 'add' where a gradient is asked for",
      received: `'${reduction}'`,
    })
  const replaced = () => scatterElements(dy, indices, scale(updates, 0), { axis, reduction: 'none' })
  return [
    needs(0) ? (reduction === 'add' ? dy : replaced()) : undefined,
    undefined,
    needs(2) ? gatherElements(dy, indices, axis) : undefined,
  ]
}

const folds: Record<string, (old: number, update: number) => number> = {
  none: (_, update) => update,
  add: (old, update) => old + update,
  mul: (old, update) => old * update,
  max: Math.max,
  min: Math.min,
}

/**
 * y = x with updates written (or added, ...) at some places along axis.
 * dx = dy, or where updates replace it 0; d(updates) = dy at their places
 */
export const ScatterElements = defineOp({
  name: 'ScatterElements',
  domain: '',
  attributes: { axis: { type: 'int', default: 0 }, reduction: { type: 'string', default: 'none' } },
  arity: [3, 3],
  infer: ({ types, where }) => [{ dtype: sameType([types[0], types[2]], where), shape: types[0]!.shape }],
  vjp: gradients,
  evaluate({ inputs: [x, indices, updates], attributes }) {
    const axis = normalizeAxis(attributes.axis as number, x.shape.length, 'ScatterElements')
    const fold = folds[attributes.reduction as string]!
    const data = x.data.slice()
    forEachIndex(indices.shape, (index, flat) => {
      const place = placeOf(indices.data[flat]!, x.shape[axis]!, 'ScatterElements')
      const to = flatIndex(x.shape, withIndex(index, axis, place))
      data[to] = fold(data[to]!, updates.data[flat]!)
    })
    return [{ shape: x.shape, data }]
  },
})

export interface ScatterOptions {
  axis: number
  reduction: 'none' | 'add'
}

export const scatterElements = (x: Value, indices: Value, updates: Value, options: ScatterOptions): Value =>
  x.graph.add(ScatterElements, [x, indices, updates], { ...options })
