import { FoveaError } from '../../core/errors.js'
import type { Value } from '../../onnx/ir.js'
import { conv } from '../../ops/conv.js'
import { type ActivationName, activate } from '../activations.js'
import { glorotUniform, type Initializer, type InitializerName, initializerOf, zeros } from '../init.js'
import type { Regularizer } from '../regularizers.js'
import { type Layer, type LayerOptions, layer } from '../scope.js'

export type Pair = number | readonly [number, number]
export const pairOf = (given: Pair): [number, number] =>
  typeof given === 'number' ? [given, given] : [given[0], given[1]]

export interface Conv2dOptions extends LayerOptions {
  strides?: Pair
  /** 'same' pads so that the output is ceil(input / stride), as Keras; 'valid' does not pad; or [top, left, bottom, right]. */
  padding?: 'same' | 'valid' | readonly [number, number, number, number]
  dilationRate?: Pair
  groups?: number
  activation?: ActivationName
  useBias?: boolean
  kernelInitializer?: Initializer | InitializerName
  biasInitializer?: Initializer | InitializerName
  kernelRegularizer?: Regularizer
  /** False freezes kernel and bias. */
  trainable?: boolean
}

export const channelsOf = (x: Value, where: string): number => {
  const channels = x.shape[1]
  if (x.shape.length === 4 && typeof channels === 'number') return channels
  throw new FoveaError({ where, expected: 'images [N, C, H, W]', received: `[${x.shape.join(', ')}]` })
}

/** ONNX attributes of a window of this size. */
export function windowAttributes(kernel: Pair, { strides = 1, padding = 'valid', dilationRate = 1 }: Conv2dOptions) {
  const explicit = typeof padding !== 'string'
  return {
    kernel_shape: pairOf(kernel),
    strides: pairOf(strides),
    dilations: pairOf(dilationRate),
    ...(explicit ? { pads: padding } : { auto_pad: padding === 'same' ? ('SAME_UPPER' as const) : ('VALID' as const) }),
  }
}

const pixels = (image: Value): number => (image.shape[2] as number) * (image.shape[3] as number)

/**
 * Convolution. [N, C, H, W] -> [N, filters, H', W'].
 * kernel [filters, C / groups, kh, kw], bias [filters].
 */
export function conv2d(filters: number, kernelSize: Pair, options: Conv2dOptions = {}): Layer {
  const { groups = 1, useBias = true, activation = 'linear', trainable = true } = options
  const [kh, kw] = pairOf(kernelSize)
  return layer(
    'conv2d',
    options.name,
    (x, scope) => {
      const shape = [filters, channelsOf(x, scope.graph.path) / groups, kh, kw]
      const kernel = scope.parameter(
        'kernel',
        shape,
        'kernel',
        initializerOf(options.kernelInitializer ?? glorotUniform),
        {
          trainable,
          regularizer: options.kernelRegularizer,
        },
      )
      const bias = useBias
        ? scope.parameter('bias', [filters], 'bias', initializerOf(options.biasInitializer ?? zeros), { trainable })
        : undefined
      const y = conv(x, kernel, bias, { ...windowAttributes(kernelSize, options), group: groups })
      return activate(y, activation)
    },
    (x, y) => (pixels(y) * filters * (x.shape[1] as number) * kh * kw) / groups,
  )
}

/** One filter (or `depthMultiplier`) per channel. kernel [C · depthMultiplier, 1, kh, kw]. */
export function depthwiseConv2d(
  kernelSize: Pair,
  options: Omit<Conv2dOptions, 'groups'> & { depthMultiplier?: number } = {},
): Layer {
  const { depthMultiplier = 1, name, ...rest } = options
  return (x, scope) => {
    const channels = channelsOf(x, scope.graph.path)
    return conv2d(channels * depthMultiplier, kernelSize, {
      ...rest,
      groups: channels,
      name: name ?? scope.nextName('depthwiseConv2d'),
    })(x, scope)
  }
}
