/** Lanczos' window of three lobes: the weight at a distance of x source pixels (of the smaller scale). */
const lanczos = (x: number): number => {
  if (x === 0) return 1
  if (Math.abs(x) >= 3) return 0
  const turn = Math.PI * x
  return (3 * Math.sin(turn) * Math.sin(turn / 3)) / (turn * turn)
}

/** For every target position along an axis: the first source position it reads, and the weights from there on. */
function windows(from: number, to: number): { start: number; weights: Float64Array }[] {
  const step = from / to
  const scale = Math.max(step, 1)
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * step
    const start = Math.max(0, Math.ceil(centre - 3 * scale - 0.5))
    const end = Math.min(from - 1, Math.floor(centre + 3 * scale - 0.5))
    const weights = Float64Array.from({ length: end - start + 1 }, (_, k) =>
      lanczos((start + k + 0.5 - centre) / scale),
    )
    const sum = weights.reduce((total, w) => total + w, 0)
    return { start, weights: weights.map(w => w / sum) }
  })
}

/** One channel, row-major, at another size. Lanczos in both directions, as `fovea predict` resizes. */
export function resamplePlane(
  plane: Float32Array,
  [height, width]: readonly [number, number],
  [toHeight, toWidth]: readonly [number, number],
): Float32Array {
  const columns = windows(width, toWidth)
  const narrow = new Float32Array(height * toWidth)
  for (let y = 0; y < height; y++)
    columns.forEach(({ start, weights }, x) => {
      let sum = 0
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * plane[y * width + start + k]!
      narrow[y * toWidth + x] = sum
    })
  const result = new Float32Array(toHeight * toWidth)
  windows(height, toHeight).forEach(({ start, weights }, y) => {
    for (let x = 0; x < toWidth; x++) {
      let sum = 0
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * narrow[(start + k) * toWidth + x]!
      result[y * toWidth + x] = sum
    }
  })
  return result
}
