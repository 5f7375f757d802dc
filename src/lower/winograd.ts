/**
 * Minimal filtering of Winograd (Lavin & Gray 2016, arXiv 1509.09308) by Cook-Toom: m outputs of a 3-tap correlation
 * from m + 2 inputs with m + 2 multiplications. y = AT [(G g) · (BT d)].
 */
export interface Filtering {
  /** Outputs of a tile. */
  m: number
  /** Inputs of a tile, m + 2. */
  n: number
  /** [m, n] */
  AT: number[][]
  /** [n, 3] */
  G: number[][]
  /** [n, n] */
  BT: number[][]
}

const TAPS = 3

/**
 * Finite interpolation points by tile size, numbers near 1 and their reciprocals with opposite signs: they keep float32
 * errors small (Barabasz et al. 2020, arXiv 1803.10986). Infinity is the last one.
 */
const points: Readonly<Record<number, readonly number[]>> = {
  2: [0, 1, -1],
  3: [0, 1, -1, 2],
  4: [0, 1, -1, 0.5, -2],
  5: [0, 1, -1, 0.5, -2, 2],
  6: [0, 1, -1, 0.5, -2, 2, -0.5],
  8: [0, 1, -1, 3 / 4, -4 / 3, 2, -0.5, -3, 1 / 3],
}

/** What a tile size adds to rounding: the product of both axes, in 1e-6 of the results, for 256 channels in float32. */
const rounding: Readonly<Record<number, number>> = { 2: 1, 3: 1.2, 4: 1.3, 5: 2, 6: 2.2, 8: 6 }
/** Allows tiles of 6 x 6, and 8 x 4, which need 1.78 and 1.88 multiplications an output instead of 9; not 8 x 8. */
const MOST_ROUNDING = 8

/** Rows and columns of the tiles that cover an image exactly with the least multiplications; undefined: none do. */
export function tilesFor(H: number, W: number): [number, number] | undefined {
  const sizes = Object.keys(points).map(Number)
  const pairs = sizes.flatMap(m => sizes.map((n): [number, number] => [m, n]))
  const work = ([m, n]: [number, number]): number => ((m + TAPS - 1) * (n + TAPS - 1)) / (m * n)
  return pairs
    .filter(([m, n]) => H % m === 0 && W % n === 0 && rounding[m]! * rounding[n]! <= MOST_ROUNDING)
    .sort(
      (a, b) =>
        work(a) - work(b) || rounding[a[0]]! * rounding[a[1]]! - rounding[b[0]]! * rounding[b[1]]! || b[0] - a[0],
    )[0]
}

const known = new Map<number, Filtering>()

export function filtering(m: number): Filtering {
  const ready = known.get(m)
  if (ready) return ready
  const n = m + TAPS - 1
  const finite = points[m]!
  const vandermonde = (columns: number): number[][] => [
    ...finite.map(point => Array.from({ length: columns }, (_, power) => point ** power)),
    Array.from({ length: columns }, (_, power) => (power === columns - 1 ? 1 : 0)),
  ]
  const BT = transposed(inverse(vandermonde(n)))
  const G = vandermonde(TAPS)
  // Rows of the data transform are scaled to a largest entry of 1; the kernel transform takes the factor.
  BT.forEach((row, i) => {
    const largest = Math.max(...row.map(Math.abs))
    BT[i] = row.map(value => value / largest)
    G[i] = G[i]!.map(value => value * largest)
  })
  const made = { m, n, AT: transposed(vandermonde(m)), G, BT }
  known.set(m, made)
  return made
}

/** The data transform of a whole line: rows (tile, point) over `size` inputs, padding and overlap inside it. */
export function lineTransform({ m, n, BT }: Filtering, size: number, padding: number): number[][] {
  return Array.from({ length: size / m }, (_, tile) => tile).flatMap(tile =>
    BT.map(row => {
      const line = new Array<number>(size).fill(0)
      for (let j = 0; j < n; j++) {
        const at = tile * m - padding + j
        if (at >= 0 && at < size) line[at]! += row[j]!
      }
      return line
    }),
  )
}

/** Kronecker product. */
export const kron = (a: number[][], b: number[][]): number[][] =>
  a.flatMap(rowA => b.map(rowB => rowA.flatMap(x => rowB.map(y => x * y))))

export const transposed = (a: number[][]): number[][] => a[0]!.map((_, j) => a.map(row => row[j]!))

/** Gauss-Jordan with row exchange; the matrices here are at most 10 x 10 and well conditioned. */
function inverse(a: number[][]): number[][] {
  const size = a.length
  const rows = a.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))])
  for (let column = 0; column < size; column++) {
    let pivot = column
    for (let i = column; i < size; i++) if (Math.abs(rows[i]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = i
    ;[rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!]
    const scale = rows[column]![column]!
    rows[column] = rows[column]!.map(value => value / scale)
    rows.forEach((row, i) => {
      const factor = row[column]!
      if (i !== column && factor !== 0) rows[i] = row.map((value, j) => value - factor * rows[column]![j]!)
    })
  }
  return rows.map(row => row.slice(size))
}
