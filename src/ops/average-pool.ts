import type { Value } from '../onnx/ir.js'
import { type Attributes, defineOp } from '../onnx/operator.js'
import { averagePoolGrad } from './average-pool-grad.js'
import { averageCounts } from './kinds/average.js'
import { filled } from './kinds/convolution.js'
import {
  eachTap,
  imageOf,
  resolveWindow,
  type Window,
  windowAttributes,
  windowCount,
  withExplicitPads,
} from './kinds/window.js'
import type { PoolOptions } from './max-pool.js'

const windowOf = (attributes: Attributes, image: [number, number], where: string): Window =>
  resolveWindow(attributes, image, attributes.kernel_shape as readonly number[], where)

/**
 * y = the mean under each window, over the cells inside the image or, with count_include_pad, inside its padding too.
 * dx = dy / cells, back under the window (AveragePoolGrad)
 */
export const AveragePool = defineOp({
  name: 'AveragePool',
  domain: '',
  attributes: {
    ...windowAttributes,
    ceil_mode: { type: 'int', default: 0 },
    count_include_pad: { type: 'int', default: 0 },
    kernel_shape: { type: 'ints' },
  },
  arity: [1, 1],
  infer({ types, attributes, where }) {
    const x = types[0]!
    const image = imageOf(x.shape, where)
    const counts = windowCount(windowOf(attributes, image, where), image, where, attributes.ceil_mode === 1)
    return [{ dtype: x.dtype, shape: [x.shape[0]!, x.shape[1]!, ...counts] }]
  },
  vjp({ node, inputs: [x], attributes, gradients: [dy] }) {
    const image = imageOf(x.shape, node.name)
    const window = windowOf(attributes, image, node.name)
    const count_include_pad = attributes.count_include_pad as number
    return [averagePoolGrad(dy, { ...window, count_include_pad, input_shape: image })]
  },
  evaluate({ inputs: [x], attributes, outputs }) {
    const y = outputs[0]!.shape as number[]
    const image = imageOf(x.shape, 'AveragePool')
    const counts: [number, number] = [y[2]!, y[3]!]
    const window = windowOf(attributes, image, 'AveragePool')
    const cells = averageCounts(window, image, counts, attributes.count_include_pad === 1)
    return filled(y, data => {
      for (let plane = 0; plane < y[0]! * y[1]!; plane++) {
        const [to, from] = [plane * counts[0] * counts[1], plane * image[0] * image[1]]
        eachTap(window, image, counts, (output, cell) => {
          data[to + output]! += x.data[from + cell]! / cells[output]!
        })
      }
    })
  },
})

export interface AveragePoolOptions extends PoolOptions {
  /** 1: padding counts as cells of value 0. */
  count_include_pad?: 0 | 1
}

export const averagePool = (x: Value, options: AveragePoolOptions): Value =>
  x.graph.add(AveragePool, [x], withExplicitPads(options, x.shape, options.kernel_shape))
