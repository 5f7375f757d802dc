import { UsageError } from '../../core/errors.js'
import { centredConv2d } from '../centred-conv2d.js'
import { batchNormalization, type NormalizationOptions } from '../layers/batch-normalization.js'
import { dense } from '../layers/dense.js'
import { dropout } from '../layers/dropout.js'
import { globalAveragePooling2d } from '../layers/pooling.js'
import { activation, add } from '../layers/shape.js'
import { type Network, numbered, sequential } from '../network.js'
import { group, type Layer } from '../scope.js'

export interface WideResnetOptions extends NormalizationOptions {
  /** 6n + 4: 16, 22, 28, 40. */
  depth?: number
  /** Times as many filters as a ResNet of 16, 32 and 64. */
  width?: number
  /** Rate of the dropout between the convolutions of a block. */
  dropout?: number
}

const relu = activation('relu')

/**
 * Zagoruyko & Komodakis 2016 (arXiv 1605.07146): few wide pre-activated blocks; WRN-28-10 has 36.5 M parameters.
 * Names as in xternalz/WideResNet-pytorch.
 */
export function wideResnet(classes: number, options: WideResnetOptions = {}): Network {
  const { depth = 16, width = 4, dropout: rate = 0, momentum = 0.9, epsilon = 1e-5 } = options
  const blocks = (depth - 4) / 6
  if (!Number.isInteger(blocks) || blocks < 1)
    throw new UsageError({
      where: 'wideResnet',
      expected: 'a depth of 6n + 4: 16, 22, 28, 40',
      received: String(depth),
    })
  const norm = (name: string): Layer => batchNormalization({ name, momentum, epsilon })
  const filters = [16, 16 * width, 32 * width, 64 * width]
  const stage = (s: number): Layer =>
    numbered(
      Array.from({ length: blocks }, (_, i) => {
        const strides = s > 1 && i === 0 ? 2 : 1
        const projected = i === 0 && filters[s] !== filters[s - 1]
        return block({ filters: filters[s]!, strides, projected, rate, norm })
      }),
    )
  return sequential([
    centredConv2d('conv1', 16, 3),
    ...[1, 2, 3].map(s => group(`block${s}`, group('layer', stage(s)))),
    norm('bn1'),
    relu,
    globalAveragePooling2d(),
    dense(classes, { name: 'fc' }),
  ])
}

interface Block {
  filters: number
  strides: number
  /** Whether the shortcut is a 1x1 convolution, of the same activation as the first 3x3 one. */
  projected: boolean
  rate: number
  norm: (name: string) => Layer
}

const block = ({ filters, strides, projected, rate, norm }: Block): Layer => {
  const activated = sequential([norm('bn1'), relu])
  const inner = sequential([
    centredConv2d('conv1', filters, 3, { strides }),
    norm('bn2'),
    relu,
    ...(rate > 0 ? [dropout(rate)] : []),
    centredConv2d('conv2', filters, 3),
  ])
  const shortcut = centredConv2d('convShortcut', filters, 1, { strides })
  return (x, scope) => {
    const a = activated(x, scope)
    return add([projected ? shortcut(a, scope) : x, inner(a, scope)])
  }
}
