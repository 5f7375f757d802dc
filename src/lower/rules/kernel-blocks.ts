import type { Value } from '../../onnx/ir.js'
import { reshape } from '../../ops/reshape.js'
import { reverse } from '../../ops/slice.js'
import { transpose } from '../../ops/transpose.js'

type KernelShape = [K: number, C: number, kh: number, kw: number]

/** w [K, C, kh, kw] in the order nchwc.Conv reads, [K/b, C/b, kh, kw, bc, bk]; a plain image's kernel [K/b, C, kh, kw, bk]. */
export function forwardKernel(w: Value, block: number): Value {
  const [K, C, kh, kw] = w.shape as KernelShape
  if (C < block) return reshape(transpose(reshape(w, [K / block, block, C, kh, kw]), [0, 2, 3, 4, 1]), [K, C, kh, kw])
  const parts = reshape(w, [K / block, block, C / block, block, kh, kw])
  return reshape(transpose(parts, [0, 2, 4, 5, 3, 1]), [K, C, kh, kw])
}

/** The kernel of the data gradient, blocked: channels swapped and the window turned by 180 degrees. */
export function turnedKernel(w: Value, block: number): Value {
  const [K, C, kh, kw] = w.shape as KernelShape
  const axes = [kh > 1 ? 2 : -1, kw > 1 ? 3 : -1].filter(axis => axis > 0)
  const turned = axes.length ? reverse(w, axes) : w
  const parts = reshape(turned, [K / block, block, C / block, block, kh, kw])
  return reshape(transpose(parts, [2, 0, 4, 5, 1, 3]), [C, K, kh, kw])
}
