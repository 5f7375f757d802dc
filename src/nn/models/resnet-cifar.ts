import { UsageError } from '../../core/errors.js'
import { float32 } from '../../core/tensor.js'
import type { Value } from '../../onnx/ir.js'
import { conv } from '../../ops/conv.js'
import { pad } from '../../ops/pad.js'
import { slice } from '../../ops/slice.js'
import { centredConv2d } from '../centred-conv2d.js'
import { batchNormalization, type NormalizationOptions } from '../layers/batch-normalization.js'
import { dense } from '../layers/dense.js'
import { globalAveragePooling2d } from '../layers/pooling.js'
import { activation, add } from '../layers/shape.js'
import { type Network, numbered, sequential } from '../network.js'
import { group, type Layer, layer, type Mode } from '../scope.js'

export interface ResnetCifarOptions extends NormalizationOptions {
  /** 6n + 2: 20, 32, 44, 56 or 110 in the paper. */
  depth?: number
  /** 1: activation after the sum; 2: before each convolution. */
  version?: 1 | 2
  /** Of the three stages; 16, 32 and 64 in the paper. */
  filters?: readonly [number, number, number]
  /** How a shortcut reaches more channels: zeros (option A of the paper, no parameters) or a 1x1 convolution (option B). */
  shortcut?: 'zero-padding' | 'projection'
}

const FILTERS = [16, 32, 64] as const
const relu = activation('relu')

/**
 * Residual networks for images of 32 x 32: three stages of 16, 32 and 64 filters; 20 layers have 0.27 M parameters.
 * Version 1: He et al. 2015 (arXiv 1512.03385, section 4.2). Version 2: He et al. 2016 (arXiv 1603.05027), where the
 * first unit of a stage shares its first activation with the shortcut. Names as in akamaster/pytorch_resnet_cifar10.
 */
export function resnetCifar(classes: number, options: ResnetCifarOptions = {}): Network {
  const { depth = 20, version = 1, filters = FILTERS, shortcut = 'zero-padding' } = options
  const { momentum = 0.9, epsilon = 1e-5 } = options
  const units = (depth - 2) / 6
  if (!Number.isInteger(units) || units < 1)
    throw new UsageError({
      where: 'resnetCifar',
      expected: 'a depth of 6n + 2: 20, 32, 44, 56, 110',
      received: String(depth),
    })
  const norm = (name: string): Layer => batchNormalization({ name, momentum, epsilon })
  const unit = version === 1 ? plainUnit : preActivatedUnit
  const stage = (width: number, s: number): Layer =>
    numbered(
      Array.from({ length: units }, (_, i) => {
        const strides = s > 0 && i === 0 ? 2 : 1
        const bridge = strides === 1 ? undefined : shortcuts[shortcut](width, norm, version)
        return unit({ filters: width, strides, bridge, norm, first: i === 0 })
      }),
    )
  return sequential([
    centredConv2d('conv1', filters[0], 3),
    ...(version === 1 ? [norm('bn1'), relu] : []),
    ...filters.map((width, s) => group(`layer${s + 1}`, stage(width, s))),
    ...(version === 2 ? [norm('bn'), relu] : []),
    globalAveragePooling2d(),
    dense(classes, { name: 'linear' }),
  ])
}

type Norm = (name: string) => Layer

interface Unit {
  filters: number
  strides: number
  /** Brings the shortcut to the unit's shape; none: it has it. */
  bridge: Layer | undefined
  norm: Norm
  /** Of its stage. */
  first: boolean
}

const plainUnit = ({ filters, strides, bridge, norm }: Unit): Layer => {
  const inner = sequential([
    centredConv2d('conv1', filters, 3, { strides }),
    norm('bn1'),
    relu,
    centredConv2d('conv2', filters, 3),
    norm('bn2'),
  ])
  return (x, scope) => relu(add([bridge ? bridge(x, scope) : x, inner(x, scope)]), scope)
}

const preActivatedUnit = ({ filters, strides, bridge, norm, first }: Unit): Layer => {
  const activated = sequential([norm('bn1'), relu])
  const inner = sequential([
    centredConv2d('conv1', filters, 3, { strides }),
    norm('bn2'),
    relu,
    centredConv2d('conv2', filters, 3),
  ])
  return (x, scope) => {
    const a = activated(x, scope)
    const base = first ? a : x
    return add([bridge ? bridge(base, scope) : base, inner(a, scope)])
  }
}

const shortcuts = {
  'zero-padding': (filters: number): Layer =>
    layer('zeroPadding', undefined, (x, scope) => thinned(x, filters, scope.mode)),
  /** Version 1 normalises the projection; in version 2 what enters it is normalised already. */
  projection: (filters: number, norm: Norm, version: 1 | 2): Layer =>
    group(
      'shortcut',
      sequential([centredConv2d('0', filters, 1, { strides: 2 }), ...(version === 1 ? [norm('1')] : [])]),
    ),
}

/**
 * Every second pixel, zeros as channels on either side: [N, C, H, W] -> [N, filters, H / 2, W / 2]. In training as a
 * convolution with a constant kernel, whose gradient keeps the memory order of those around it.
 */
function thinned(x: Value, filters: number, mode: Mode): Value {
  const channels = x.shape[1] as number
  const before = (filters - channels) >> 1
  if (mode === 'training') {
    const kernel = new Float32Array(filters * channels)
    for (let c = 0; c < channels; c++) kernel[(before + c) * channels + c] = 1
    return conv(x, x.graph.constant(float32(kernel, [filters, channels, 1, 1])), undefined, { strides: [2, 2] })
  }
  const half = slice(x, { starts: [0, 0], axes: [2, 3], steps: [2, 2] })
  return pad(half, [0, before, 0, 0, 0, filters - channels - before, 0, 0])
}
