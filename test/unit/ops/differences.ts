import { formatShape, sameShape } from '../../../src/core/shape.js'
import type { Numbers } from '../../../src/onnx/operator.js'

const largest = (data: ArrayLike<number>): number =>
  Array.from(data).reduce((top, v) => Math.max(top, Number.isFinite(v) ? Math.abs(v) : 0), 0)

/** Where two lists of numbers differ by more than `tolerance` of the larger of `unit` and the largest number. */
export function differences(what: string, got: Numbers, want: Numbers, tolerance: number, unit: number): string[] {
  if (!sameShape(got.shape, want.shape))
    return [`${what}: shape ${formatShape(got.shape)} instead of ${formatShape(want.shape)}`]
  const allowed = tolerance * Math.max(unit, largest(want.data))
  const wrong = Array.from(want.data.keys()).filter(i => {
    const [a, b] = [got.data[i]!, want.data[i]!]
    return !(Object.is(a, b) || Math.abs(a - b) <= allowed)
  })
  const first = wrong[0]
  if (first === undefined) return []
  return [
    `${what}: ${wrong.length} of ${want.data.length} differ, first [${first}]: ${got.data[first]} instead of ${want.data[first]}`,
  ]
}
