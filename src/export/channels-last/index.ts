import { expandComposites } from '../../lower/expand-composites.js'
import type { Graph } from '../../onnx/ir.js'
import { decompose } from './decompose.js'
import { foldAffine } from './fold-affine.js'
import { foldConstants } from './fold-constants.js'
import { toChannelsLast } from './to-channels-last.js'

export { permuted } from './constants.js'
export { foldConstants } from './fold-constants.js'
export { BatchMatMul, Dense } from './ops/products.js'
export { AveragePool2D, Conv2D, Conv2DTranspose, MaxPool2D, type Padding } from './ops/windows.js'
export { toChannelsLast } from './to-channels-last.js'

/**
 * The inference graph as formats with the channels last have it: operators that they have, no stray transposes, batch
 * normalisation and scales inside the layers before them. Images [N, H, W, C] in.
 */
export const channelsLast = (graph: Graph): Graph =>
  foldAffine(toChannelsLast(decompose(foldConstants(expandComposites(graph)))))
