import { FoveaError } from './errors.js'

/** A dimension: a size, or the name of one that is known only when the graph runs ('N'). */
export type Dim = number | string
export type Shape = readonly number[]

export const sizeOf = (shape: Shape): number => shape.reduce((product, dim) => product * dim, 1)

export const sameShape = (a: readonly Dim[], b: readonly Dim[]): boolean =>
  a.length === b.length && a.every((dim, i) => dim === b[i])

export const formatShape = (shape: readonly Dim[]): string => `[${shape.join(', ')}]`

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride
    stride *= shape[i]!
  }
  return strides
}

/** Every dimension as a number; a symbolic one is refused with the place that needed it. */
export function concrete(shape: readonly Dim[], where: string): number[] {
  return shape.map(dim => {
    if (typeof dim === 'number') return dim
    throw new FoveaError({
      where,
      expected: 'a fixed shape',
      received: formatShape(shape),
      fix: `give dimension '${dim}' a size before this step`,
    })
  })
}

/** NumPy/ONNX multidirectional broadcasting. A symbolic dimension meets only itself or 1. */
export function broadcastShapes(a: readonly Dim[], b: readonly Dim[], where: string): Dim[] {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1
    const y = b[i - rank + b.length] ?? 1
    if (x === y || y === 1) return x
    if (x === 1) return y
    throw new FoveaError({
      where,
      expected: 'shapes that broadcast together',
      received: `${formatShape(a)} and ${formatShape(b)}`,
    })
  })
}

/** Axis counted from the front; negative axes count from the back, as in ONNX. */
export function normalizeAxis(axis: number, rank: number, where: string): number {
  const fromFront = axis < 0 ? axis + rank : axis
  if (Number.isInteger(fromFront) && fromFront >= 0 && fromFront < rank) return fromFront
  throw new FoveaError({ where, expected: `an axis in [${-rank}, ${rank - 1}]`, received: String(axis) })
}
