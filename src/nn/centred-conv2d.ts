import { heNormalFanOut, type Initializer } from './init.js'
import { conv2d } from './layers/conv2d.js'
import type { Layer } from './scope.js'

export interface CentredConv2dOptions {
  strides?: number
  useBias?: boolean
  kernelInitializer?: Initializer
}

/**
 * A convolution as PyTorch's networks have it: half the window is padded on every side, also when it strides (Keras'
 * 'same' then pads right and below only), so that published weights see the pixels they were trained on.
 * Without bias, as a batch normalisation follows.
 */
export function centredConv2d(
  name: string,
  filters: number,
  size: number,
  { strides = 1, useBias = false, kernelInitializer = heNormalFanOut }: CentredConv2dOptions = {},
): Layer {
  const half = (size - 1) / 2
  return conv2d(filters, size, { name, strides, padding: [half, half, half, half], useBias, kernelInitializer })
}
