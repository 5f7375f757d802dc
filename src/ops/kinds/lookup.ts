import { FoveaError } from '../../core/errors.js'

/** A looked-up place on an axis of size n; negative ones count from the back. */
export function placeOf(index: number, n: number, where: string): number {
  const place = index < 0 ? index + n : index
  if (place >= 0 && place < n) return place
  throw new FoveaError({ where, expected: `an index in [${-n}, ${n - 1}]`, received: String(index) })
}
