import { averagePool } from '../../ops/average-pool.js'
import { globalAveragePool } from '../../ops/global-average-pool.js'
import { maxPool } from '../../ops/max-pool.js'
import { reduceMax } from '../../ops/reduce-max.js'
import { reshape } from '../../ops/reshape.js'
import { type Layer, type LayerOptions, layer } from '../scope.js'
import { type Padding, type Pair, windowAttributes } from '../window.js'

export interface PoolingOptions extends LayerOptions {
  /** Default: the pool size. */
  strides?: Pair
  padding?: Padding
}

const window = (poolSize: Pair, { strides = poolSize, padding = 'valid' }: PoolingOptions) => {
  const { dilations: _, ...attributes } = windowAttributes(poolSize, { strides, padding })
  return attributes
}

/** Greatest value of each window. [N, C, H, W] -> [N, C, H', W']. */
export const maxPooling2d = (poolSize: Pair = 2, options: PoolingOptions = {}): Layer =>
  layer('maxPooling2d', options.name, x => maxPool(x, window(poolSize, options)))

/** Mean of each window; padding is not counted, as in Keras. [N, C, H, W] -> [N, C, H', W']. */
export const averagePooling2d = (poolSize: Pair = 2, options: PoolingOptions = {}): Layer =>
  layer('averagePooling2d', options.name, x => averagePool(x, window(poolSize, options)))

/** Mean of each channel. [N, C, H, W] -> [N, C]. */
export const globalAveragePooling2d = ({ name }: LayerOptions = {}): Layer =>
  layer('globalAveragePooling2d', name, x => reshape(globalAveragePool(x), x.shape.slice(0, 2)))

/** Greatest value of each channel. [N, C, H, W] -> [N, C]. */
export const globalMaxPooling2d = ({ name }: LayerOptions = {}): Layer =>
  layer('globalMaxPooling2d', name, x => reduceMax(x, [2, 3], false))
