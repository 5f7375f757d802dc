import { add } from '../../ops/add.js'
import { scale as times } from '../../ops/mul.js'
import { type Layer, type LayerOptions, layer } from '../scope.js'

/** y = x · scale + offset, as Keras' Rescaling. */
export const rescaling = (scale: number, offset = 0, { name }: LayerOptions = {}): Layer =>
  layer('rescaling', name, x => {
    const scaled = times(x, scale)
    return offset === 0 ? scaled : add(scaled, x.graph.float(offset))
  })
