import { FoveaError } from '../core/errors.js'
import type { Value } from '../onnx/ir.js'
import { type Attributes, defineOp } from '../onnx/operator.js'
import { filled } from './kinds/convolution.js'
import {
  eachTap,
  imageOf,
  resolveWindow,
  type Window,
  type WindowOptions,
  windowAttributes,
  windowCount,
  withExplicitPads,
} from './kinds/window.js'
import { maxPoolGrad } from './max-pool-grad.js'

const windowOf = (attributes: Attributes, image: [number, number], where: string): Window =>
  resolveWindow(attributes, image, attributes.kernel_shape as readonly number[], where)

/**
 * y = the largest number under each window; padding never wins.
 * dx = dy at the first maximum of each window (MaxPoolGrad)
 */
export const MaxPool = defineOp({
  name: 'MaxPool',
  domain: '',
  attributes: {
    ...windowAttributes,
    ceil_mode: { type: 'int', default: 0 },
    kernel_shape: { type: 'ints' },
    storage_order: { type: 'int', default: 0 },
  },
  arity: [1, 1],
  infer({ types, attributes, where, outputCount }) {
    const x = types[0]!
    if (outputCount > 1)
      throw new FoveaError({ where, expected: 'MaxPool with one output', received: 'a request for Indices' })
    const image = imageOf(x.shape, where)
    const window = windowOf(attributes, image, where)
    const counts = windowCount(window, image, where, attributes.ceil_mode === 1)
    return [{ dtype: x.dtype, shape: [x.shape[0]!, x.shape[1]!, ...counts] }]
  },
  vjp: ({ node, inputs: [x], outputs: [y], attributes, gradients: [dy] }) => [
    maxPoolGrad(x, y, dy, windowOf(attributes, imageOf(x.shape, node.name), node.name)),
  ],
  evaluate({ inputs: [x], attributes, outputs }) {
    const y = outputs[0]!.shape as number[]
    const image = imageOf(x.shape, 'MaxPool')
    const counts: [number, number] = [y[2]!, y[3]!]
    return filled(y, data => {
      data.fill(-Infinity)
      for (let plane = 0; plane < y[0]! * y[1]!; plane++) {
        const [to, from] = [plane * counts[0] * counts[1], plane * image[0] * image[1]]
        eachTap(windowOf(attributes, image, 'MaxPool'), image, counts, (output, cell) => {
          data[to + output] = Math.max(data[to + output]!, x.data[from + cell]!)
        })
      }
    })
  },
})

export interface PoolOptions extends WindowOptions {
  kernel_shape: readonly number[]
  /** 1: a last window that runs over the edge counts too. */
  ceil_mode?: 0 | 1
}

export const maxPool = (x: Value, options: PoolOptions): Value =>
  x.graph.add(MaxPool, [x], withExplicitPads(options, x.shape, options.kernel_shape))
