import { concrete, sizeOf, stridesOf } from '../../core/shape.js'
import type { Value } from '../../onnx/ir.js'
import { reshape } from '../reshape.js'

/** Every axis of [N, C, ...] but the channels'. */
export const besideChannels = (rank: number): number[] => Array.from({ length: rank }, (_, i) => i).filter(i => i !== 1)

/** A vector [C] as [1, C, 1, ...], to meet x [N, C, ...]. */
export const perChannel = (vector: Value, x: Value): Value =>
  reshape(
    vector,
    x.shape.map((_, axis) => (axis === 1 ? vector.shape[0]! : 1)),
  )

/** Numbers per channel of [N, C, ...]. */
export const cellsPerChannel = (x: Value, where: string): number =>
  sizeOf(
    concrete(
      x.shape.filter((_, axis) => axis !== 1),
      where,
    ),
  )

/** The channel of flat index i of an array [N, C, ...]. */
export function channelOf(shape: readonly number[]): (i: number) => number {
  const cells = stridesOf(shape)[1]!
  return i => Math.floor(i / cells) % shape[1]!
}
