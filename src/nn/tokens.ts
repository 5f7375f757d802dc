import { FoveaError } from '../core/errors.js'
import { formatShape } from '../core/shape.js'
import type { Value } from '../onnx/ir.js'
import { reshape } from '../ops/reshape.js'
import { swapLast } from '../ops/transpose.js'

/** Images [N, C, H, W] as tokens [N, H · W, C], row by row. */
export function tokensOf(images: Value): Value {
  const [N, C, H, W] = images.shape as [number, number, number, number]
  return swapLast(reshape(images, [N, C, H * W]))
}

/** Tokens [N, H · W, C] as images [N, C, H, W]. */
export function imagesOf(tokens: Value, height: number, width: number): Value {
  return reshape(swapLast(tokens), [tokens.shape[0]!, tokens.shape[2]!, height, width])
}

/** T and D of tokens [N, T, D]; anything else is refused. */
export function tokenShape(x: Value, where: string): { count: number; width: number } {
  const [, count, width] = x.shape
  if (x.shape.length === 3 && typeof count === 'number' && typeof width === 'number') return { count, width }
  throw new FoveaError({
    where,
    expected: 'tokens [N, T, D]',
    received: formatShape(x.shape),
    fix: 'put patchEmbedding() before it',
  })
}

/** Applies a function of tokens to tokens [N, T, D], or to the pixels of images [N, C, H, W]. */
export function onTokens(x: Value, call: (tokens: Value) => Value): Value {
  if (x.shape.length !== 4) return call(x)
  const [height, width] = x.shape.slice(2) as [number, number]
  return imagesOf(call(tokensOf(x)), height, width)
}
