import { UsageError } from '../../core/errors.js'
import type { Value } from '../../onnx/ir.js'
import { conv } from '../../ops/conv.js'
import { type ActivationName, activate } from '../activations.js'
import { glorotUniform, type Initializer, type InitializerName, initializerOf, zeros } from '../init.js'
import type { Regularizer } from '../regularizers.js'
import { type Layer, type LayerOptions, layer, type Scope } from '../scope.js'
import { channelsOf, type Padding, type Pair, pairOf, windowAttributes } from '../window.js'

export interface Conv2dOptions extends LayerOptions {
  strides?: Pair
  padding?: Padding
  dilationRate?: Pair
  groups?: number
  activation?: ActivationName
  useBias?: boolean
  kernelInitializer?: Initializer | InitializerName
  biasInitializer?: Initializer | InitializerName
  kernelRegularizer?: Regularizer
  biasRegularizer?: Regularizer
  /** False freezes kernel and bias. */
  trainable?: boolean
}

const pixels = (image: Value): number => (image.shape[2] as number) * (image.shape[3] as number)

const multiplyAdds =
  (kernelSize: Pair) =>
  (x: Value, y: Value, groups = 1): number => {
    const [kh, kw] = pairOf(kernelSize)
    return (pixels(y) * (y.shape[1] as number) * (x.shape[1] as number) * kh * kw) / groups
  }

/**
 * Convolution. [N, C, H, W] -> [N, filters, H', W'].
 * kernel [filters, C / groups, kh, kw], bias [filters].
 */
export function conv2d(filters: number, kernelSize: Pair, options: Conv2dOptions = {}): Layer {
  return layer(
    'conv2d',
    options.name,
    (x, scope) => {
      const width = scope.width(filters)
      // A depthwise convolution stays one: a filter of its own for every channel.
      const groups = options.groups === filters ? width : (options.groups ?? 1)
      return convolution(x, scope, width, kernelSize, { ...options, groups })
    },
    (x, y) => multiplyAdds(kernelSize)(x, y, options.groups === filters ? (y.shape[1] as number) : options.groups),
  )
}

export interface DepthwiseConv2dOptions extends Omit<Conv2dOptions, 'groups'> {
  /** Filters per channel. */
  depthMultiplier?: number
}

/**
 * One filter (or `depthMultiplier`) per channel. [N, C, H, W] -> [N, C · depthMultiplier, H', W'].
 * kernel [C · depthMultiplier, 1, kh, kw], bias [C · depthMultiplier].
 */
export function depthwiseConv2d(kernelSize: Pair, options: DepthwiseConv2dOptions = {}): Layer {
  const { depthMultiplier = 1, name, ...rest } = options
  return layer(
    'depthwiseConv2d',
    name,
    (x, scope) => {
      const groups = channelsOf(x, scope.graph.path)
      return convolution(x, scope, groups * depthMultiplier, kernelSize, { ...rest, groups })
    },
    (x, y) => multiplyAdds(kernelSize)(x, y, x.shape[1] as number),
  )
}

function convolution(x: Value, scope: Scope, filters: number, kernelSize: Pair, options: Conv2dOptions): Value {
  const { groups = 1, useBias = true, activation = 'linear', trainable = true } = options
  const { kernelInitializer = glorotUniform, biasInitializer = zeros, kernelRegularizer, biasRegularizer } = options
  const channels = channelsOf(x, scope.graph.path)
  checkFilters(scope.graph.path, filters, channels, groups)
  const kernel = scope.parameter(
    'kernel',
    [filters, channels / groups, ...pairOf(kernelSize)],
    'kernel',
    initializerOf(kernelInitializer),
    { trainable, regularizer: kernelRegularizer },
  )
  const bias = useBias
    ? scope.parameter('bias', [filters], 'bias', initializerOf(biasInitializer), {
        trainable,
        regularizer: biasRegularizer,
      })
    : undefined
  const attributes = { ...windowAttributes(kernelSize, options), group: groups }
  return activate(conv(scope.operand(x), kernel, bias, attributes), activation)
}

function checkFilters(where: string, filters: number, channels: number, groups: number): void {
  const positive = (n: number): boolean => Number.isInteger(n) && n > 0
  if (!positive(filters))
    throw new UsageError({ where, expected: 'a positive number of filters', received: String(filters) })
  if (!positive(groups) || channels % groups || filters % groups)
    throw new UsageError({
      where,
      expected: 'channels and filters that are multiples of the groups',
      received: `${channels} channels and ${filters} filters in ${groups} groups`,
    })
}
