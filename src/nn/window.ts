import { FoveaError } from '../core/errors.js'
import type { Value } from '../onnx/ir.js'

/** Height and width, or one number for both. */
export type Pair = number | readonly [number, number]
export const pairOf = (given: Pair): [number, number] =>
  typeof given === 'number' ? [given, given] : [given[0], given[1]]

/** 'same' pads so that the output is ceil(input / stride), as Keras; 'valid' does not pad; or [top, left, bottom, right]. */
export type Padding = 'same' | 'valid' | readonly [number, number, number, number]

/** C of images [N, C, H, W]; anything else is refused. */
export const channelsOf = (x: Value, where: string): number => {
  const channels = x.shape[1]
  if (x.shape.length === 4 && typeof channels === 'number') return channels
  throw new FoveaError({ where, expected: 'images [N, C, H, W]', received: `[${x.shape.join(', ')}]` })
}

export interface WindowOptions {
  strides?: Pair
  padding?: Padding
  dilationRate?: Pair
}

/** ONNX attributes of a window of this size. */
export function windowAttributes(kernel: Pair, { strides = 1, padding = 'valid', dilationRate = 1 }: WindowOptions) {
  const explicit = typeof padding !== 'string'
  return {
    kernel_shape: pairOf(kernel),
    strides: pairOf(strides),
    dilations: pairOf(dilationRate),
    ...(explicit ? { pads: padding } : { auto_pad: padding === 'same' ? ('SAME_UPPER' as const) : ('VALID' as const) }),
  }
}
