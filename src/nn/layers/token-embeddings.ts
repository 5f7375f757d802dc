import { add } from '../../ops/add.js'
import { pad } from '../../ops/pad.js'
import { normal, truncatedNormal } from '../init.js'
import { SOLE } from '../published-names.js'
import { type Layer, type LayerOptions, layer } from '../scope.js'
import { tokenShape } from '../tokens.js'

/** Adds a learned vector to each place. [N, T, D] -> the same. array [1, T, D]. Dosovitskiy et al. 2021. */
export const positionEmbedding = ({ name }: LayerOptions = {}): Layer =>
  layer('positionEmbedding', name, (x, scope) => {
    const { count, width } = tokenShape(x, scope.graph.path)
    return add(x, scope.parameter(SOLE, [1, count, width], 'shift', truncatedNormal(0.02)))
  })

/**
 * A learned token before all others; the class is read from it in the end. [N, T, D] -> [N, T + 1, D]. array [1, 1, D].
 * Devlin et al. 2019, Dosovitskiy et al. 2021.
 */
export const classToken = ({ name }: LayerOptions = {}): Layer =>
  layer('classToken', name, (x, scope) => {
    const { count, width } = tokenShape(x, scope.graph.path)
    const token = scope.parameter(SOLE, [1, 1, width], 'shift', normal(1e-6))
    // Both are padded with zeros to T + 1 places and added: the batch may be a name, so the token can't be repeated.
    return add(pad(x, [0, 1, 0, 0, 0, 0]), pad(token, [0, 0, 0, 0, count, 0]))
  })
