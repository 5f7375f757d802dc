import type { Classifier } from '../classifier/classifier.js'
import { FoveaError } from '../core/errors.js'
import { formatShape, sameShape } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import type { Layer } from '../nn/scope.js'
import { decodeModel } from '../onnx/protobuf/index.js'
import { operators } from '../ops/index.js'
import { networkGraph } from './channels/network-graph.js'

/**
 * Parameters and statistics of a network, by name, out of the file that holds it.
 *
 * @throws FoveaError where the file is of another network
 */
export function weightsOf({ model, inputShape }: Classifier, layer: Layer, where: string): Map<string, Tensor> {
  const { graph } = decodeModel(model, { operators })
  const held = new Map([...graph.initializers].map(([{ name }, bytes]) => [name, bytes]))
  const [, ...wanted] = networkGraph(layer, inputShape, { batchSize: 1 }).graph.inputs
  return new Map(
    wanted.map(({ name, shape }) => {
      const found = held.get(name)
      if (found?.dtype === 'float32' && sameShape(found.shape, shape)) return [name, found]
      throw new FoveaError({
        where,
        expected: `weight '${name}', float32 ${formatShape(shape)}, as the recipe says`,
        received: found ? `${found.dtype} ${formatShape(found.shape)}` : 'none',
        fix: 'give a run as fovea train, prune or distill left it; a quantised file cannot be trained further',
      })
    }),
  )
}
