import { FoveaError } from '../../core/errors.js'

/** Bins on each side of zero. */
const HALF = 4096

/**
 * How often values occur, in 8192 bins around zero whatever their number. The width of a bin is a power of two; when a
 * value lies outside, it doubles and neighbours merge, so that at least half of one side's bins stay in use. Exact
 * zeros (ReLU makes many) are counted apart: every quantisation represents them exactly.
 */
export class Histogram {
  readonly bins = new Float64Array(2 * HALF)
  /** Width of one bin; 0 before the first value that is not zero. */
  width = 0
  min = Number.POSITIVE_INFINITY
  max = Number.NEGATIVE_INFINITY
  zeros = 0
  count = 0

  /** @throws FoveaError where a value is not finite; `name` is the value's, for the message */
  add(data: Float32Array, name = 'histogram'): void {
    for (const x of data) {
      if (x < this.min) this.min = x
      if (x > this.max) this.max = x
      // NaN compares with nothing: it is caught here.
      if (!(Math.abs(x) < Number.POSITIVE_INFINITY))
        throw new FoveaError({
          where: `calibration of '${name}'`,
          expected: 'finite values',
          received: String(x),
          fix: 'the network does not compute: train it again, or look at the weights',
        })
    }
    this.makeRoom(Math.max(Math.abs(this.min), Math.abs(this.max)))
    const { bins } = this
    const perUnit = this.width > 0 ? 1 / this.width : 0
    for (const x of data) {
      if (x === 0) this.zeros++
      else bins[Math.floor(x * perUnit) + HALF]!++
    }
    this.count += data.length
  }

  /** Lower edge of bin i. */
  edge(i: number): number {
    return (i - HALF) * this.width
  }

  /** Counts by magnitude, [HALF]: bin i holds |x| in [i, i + 1) widths (negative edges are taken to the outside). */
  magnitudes(): Float64Array {
    return Float64Array.from({ length: HALF }, (_, i) => this.bins[HALF + i]! + this.bins[HALF - 1 - i]!)
  }

  private makeRoom(largest: number): void {
    if (!(largest > 0)) return
    if (this.width === 0) this.width = 2 ** Math.ceil(Math.log2(largest / HALF))
    while (largest >= this.width * HALF) {
      this.width *= 2
      const merged = new Float64Array(2 * HALF)
      for (let i = -HALF; i < HALF; i++) merged[Math.floor(i / 2) + HALF]! += this.bins[i + HALF]!
      this.bins.set(merged)
    }
  }
}
