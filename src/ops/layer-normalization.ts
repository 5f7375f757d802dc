import { FoveaError } from '../core/errors.js'
import { broadcastShapes, concrete, type Dim, formatShape, normalizeAxis, sameShape, sizeOf } from '../core/shape.js'
import type { Value, ValueType } from '../onnx/ir.js'
import { type Attributes, defineOp, type Numbers } from '../onnx/operator.js'
import { add } from './add.js'
import { expand } from './expand.js'
import { zip } from './kinds/elementwise.js'
import { scalarLike } from './kinds/scalar-like.js'
import { mul, scale } from './mul.js'
import { reciprocal } from './reciprocal.js'
import { reduceMean } from './reduce-mean.js'
import { sqrt } from './sqrt.js'
import { sub } from './sub.js'

/** The axes that are normalised together: from `axis` to the last. */
function axesFrom(attributes: Attributes, rank: number, where: string): number[] {
  const first = normalizeAxis(attributes.axis as number, rank, where)
  return Array.from({ length: rank - first }, (_, i) => first + i)
}

const shapeOfStatistics = (shape: readonly Dim[], axes: readonly number[]): Dim[] =>
  shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim))

/**
 * y = scale · (x - mean) · r + b, mean and r = 1/√(variance + epsilon) over the axes from `axis` on; further outputs
 * mean and r. Ba, Kiros & Hinton 2016. With x̂ = (x - mean) · r, g = dy · scale and E the mean over those axes:
 * dx = r · (g - E[g] - x̂ · E[g · x̂]), dscale = dy · x̂, db = dy (summed to their shapes); where a loss uses mean
 * and r themselves, with n numbers per mean: dx += dmean / n - dr · x̂ · r² / n
 */
export const LayerNormalization = defineOp({
  name: 'LayerNormalization',
  domain: '',
  attributes: {
    axis: { type: 'int', default: -1 },
    epsilon: { type: 'float', default: 1e-5 },
    stash_type: { type: 'int', default: 1 },
  },
  arity: [2, 3],
  infer({ types, attributes, where }) {
    const [x, ...parameters] = types as [ValueType, ...(ValueType | undefined)[]]
    const statistics = shapeOfStatistics(x.shape, axesFrom(attributes, x.shape.length, where))
    for (const parameter of parameters)
      if (parameter && !sameShape(broadcastShapes(x.shape, parameter.shape, where), x.shape))
        throw new FoveaError({
          where,
          expected: `scale and b that broadcast to ${formatShape(x.shape)}`,
          received: formatShape(parameter.shape),
        })
    return [x, { dtype: x.dtype, shape: statistics }, { dtype: x.dtype, shape: statistics }]
  },
  vjp({ node, inputs: [x, weight], attributes, gradients, needs }) {
    const [dy, dmean, dr] = gradients as readonly (Value | undefined)[]
    const axes = axesFrom(attributes, x.shape.length, node.name)
    const centred = sub(x, reduceMean(x, axes))
    const variance = reduceMean(mul(centred, centred), axes)
    const r = reciprocal(sqrt(add(variance, scalarLike(x, attributes.epsilon as number))))
    const normalised = mul(centred, r)
    const n = sizeOf(
      concrete(
        axes.map(axis => x.shape[axis]!),
        node.name,
      ),
    )
    const dx = (): Value | undefined => {
      const g = dy && mul(dy, weight)
      const pulled = g && add(reduceMean(g, axes), mul(normalised, reduceMean(mul(g, normalised), axes)))
      const terms = [
        g && mul(r, sub(g, pulled!)),
        dmean && expand(scale(dmean, 1 / n), x.shape as number[]),
        dr && mul(normalised, mul(scale(dr, -1 / n), mul(r, r))),
      ].filter(term => term !== undefined)
      return terms.length ? terms.reduce(add) : undefined
    }
    return [needs(0) ? dx() : undefined, dy && needs(1) ? mul(dy, normalised) : undefined, dy]
  },
  evaluate({ inputs: [x, weight, b], attributes }) {
    const axes = axesFrom(attributes, x.shape.length, 'LayerNormalization')
    const length = sizeOf(axes.map(axis => x.shape[axis]!))
    const shape = shapeOfStatistics(x.shape, axes) as number[]
    const mean = new Float64Array(x.data.length / length)
    const r = mean.map((_, row) => {
      const line = x.data.subarray(row * length, (row + 1) * length)
      mean[row] = line.reduce((sum, v) => sum + v, 0) / length
      const variance = line.reduce((sum, v) => sum + (v - mean[row]!) ** 2, 0) / length
      return 1 / Math.sqrt(variance + (attributes.epsilon as number))
    })
    const statistics: Numbers[] = [mean, r].map(data => ({ shape, data }))
    const operands = [x, ...statistics, weight, ...(b ? [b] : [])]
    const y = zip(operands, x.shape, ([v, m, r, w, shift]) => (v! - m!) * r! * w! + (shift ?? 0))
    return [y, ...statistics]
  },
})

export interface LayerNormalizationOptions {
  axis?: number
  epsilon?: number
}

export const layerNormalization = (
  x: Value,
  weight: Value,
  b?: Value,
  options: LayerNormalizationOptions = {},
): Value => x.graph.add(LayerNormalization, b ? [x, weight, b] : [x, weight], { ...options })
