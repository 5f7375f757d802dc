import { conv2d } from '../layers/conv2d.js'
import { dense } from '../layers/dense.js'
import { dropout } from '../layers/dropout.js'
import { maxPooling2d } from '../layers/pooling.js'
import { flatten } from '../layers/shape.js'
import { type Network, sequential } from '../network.js'

export interface CifarCnnOptions {
  /** Filters of the two blocks. */
  filters?: readonly [number, number]
  /** Units of the hidden dense layer. */
  units?: number
  /** Rates after block 1, after block 2 and before the last layer. */
  dropout?: readonly [number, number, number]
}

/** The network of the classic Keras walk-through of CIFAR-10: two blocks of two convolutions, 1.1 M parameters. */
export function cifarCnn(classes: number, options: CifarCnnOptions = {}): Network {
  const { filters = [32, 64], units = 256, dropout: rates = [0.2, 0.3, 0.5] } = options
  return sequential([
    conv2d(filters[0], 3, { padding: 'same', activation: 'relu' }),
    conv2d(filters[0], 3, { padding: 'same', activation: 'relu' }),
    maxPooling2d(2),
    dropout(rates[0]),
    conv2d(filters[1], 3, { padding: 'same', activation: 'relu' }),
    conv2d(filters[1], 3, { padding: 'same', activation: 'relu' }),
    maxPooling2d(2),
    dropout(rates[1]),
    flatten(),
    dense(units, { activation: 'relu' }),
    dropout(rates[2]),
    dense(classes),
  ])
}
