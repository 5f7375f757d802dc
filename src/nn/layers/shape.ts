import { FoveaError } from '../../core/errors.js'
import { formatShape, sameShape, sizeOf } from '../../core/shape.js'
import type { Value } from '../../onnx/ir.js'
import { add as addValues } from '../../ops/add.js'
import { Concat } from '../../ops/concat.js'
import { reshape } from '../../ops/reshape.js'
import { type ActivationName, activate } from '../activations.js'
import { type Layer, type LayerOptions, layer } from '../scope.js'

/** [N, ...] -> [N, features]. */
export const flatten = ({ name }: LayerOptions = {}): Layer =>
  layer('flatten', name, x => reshape(x, [x.shape[0]!, sizeOf(x.shape.slice(1) as number[])]))

export const activation = (kind: ActivationName, { name }: LayerOptions = {}): Layer =>
  layer('activation', name, x => activate(x, kind))

/** Sum of values of one shape: the join of a residual block. */
export function add(values: readonly [Value, ...Value[]]): Value {
  const other = values.find(value => !sameShape(value.shape, values[0].shape))
  if (!other) return values.reduce(addValues)
  throw new FoveaError({
    where: values[0].graph.path || 'add',
    expected: 'values of one shape',
    received: `${formatShape(values[0].shape)} and ${formatShape(other.shape)}`,
    fix: 'bring the shortcut to the same shape with a 1x1 conv2d of the same strides and filters',
  })
}

/** Values side by side along the channels. */
export const concatenate = (values: readonly [Value, ...Value[]], axis = 1): Value =>
  values[0].graph.add(Concat, values, { axis })
