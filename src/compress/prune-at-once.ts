import { tensor } from '../core/tensor.js'
import type { Layer } from '../nn/scope.js'
import { PRUNED_SLOT } from '../optim/masked.js'
import { pruneWeights } from '../train/magnitude-pruning.js'
import type { PruningData } from '../train/recipe.js'
import { slotName } from '../train/state-layout.js'
import type { WeightMap } from '../train/weights.js'
import { networkGraph } from './channels/network-graph.js'

/** The smallest weights of the trainable kernels at 0, with the masks that keep them there if training goes on. */
export function pruneAtOnce(
  layer: Layer,
  inputShape: readonly number[],
  weights: WeightMap,
  { sparsity, scope }: Pick<PruningData, 'sparsity' | 'scope'>,
): WeightMap {
  const slots = networkGraph(layer, inputShape, { batchSize: 1 })
    .parameters.filter(({ role, trainable }) => role === 'kernel' && trainable)
    .map(({ name, shape }) => [slotName(PRUNED_SLOT, name), tensor('float32', shape)] as const)
  return pruneWeights(new Map([...weights, ...slots]), sparsity, scope)
}
