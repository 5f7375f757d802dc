import type { Dim } from '../../core/shape.js'
import { float32 } from '../../core/tensor.js'
import type { Value } from '../../onnx/ir.js'
import { matMul } from '../../ops/mat-mul.js'
import { reshape } from '../../ops/reshape.js'
import { swapLast, transpose } from '../../ops/transpose.js'
import type { LoweringContext } from '../rule.js'
import { type Filtering, filtering, kron, lineTransform, tilesFor, transposed } from '../winograd.js'

/** Sizes of a 3x3 convolution with padding 1 in pixel order, C inputs to K outputs per pixel. */
export interface Tiling {
  H: number
  W: number
  N: number
  /** Filterings of the rows and of the columns. */
  rows: Filtering
  columns: Filtering
}

/** A constant matrix times x, seen as [columns of the matrix, inner], or a stack of such. */
const times = (rows: number[][], x: Value, shape: number[]): Value =>
  matMul(x.graph.constant(float32(rows.flat(), [rows.length, rows[0]!.length])), reshape(x, shape))

/** What the forward pass and the gradients of a convolution have in common is made by the first that asks. */
function once(name: string, { rows, columns }: Tiling, { shared }: LoweringContext, make: () => Value): Value {
  const key = `${name}: ${rows.m} x ${columns.m}`
  const ready = shared.get(key) ?? make()
  shared.set(key, ready)
  return ready
}

/**
 * Fewer channels than this on either side, or products of the two, and the transforms cost more than they save. With
 * AVX-512 (blocks of 16) direct convolutions run at the speed of matrix products and the transforms at that of memory,
 * so large images take more channels there: 64 to 64 at 32 x 32 pixels, 64 images, 19 ms direct and 24 ms transformed.
 */
const LEAST_CHANNELS = 32
const leastProducts = (block: number, side: number): number => (block >= 16 && side > 16 ? 64 * 128 : 32 * 64)

export interface WindowFacts {
  kernel_shape: readonly number[]
  strides: readonly number[]
  dilations: readonly number[]
  pads: readonly number[]
  group: number
}

/** Why Winograd's form does not apply, or the tiling with which it does. */
export function tilingOf(facts: WindowFacts, [N, C, H, W]: readonly Dim[], K: number, block: number): Tiling | string {
  if (![N, C, H, W].every(dim => typeof dim === 'number')) return 'an open batch size'
  return closedTiling(facts, [N, C, H, W] as number[], K, block)
}

function closedTiling(facts: WindowFacts, [N, C, H, W]: readonly number[], K: number, block: number): Tiling | string {
  if (facts.kernel_shape.some(k => k !== 3)) return 'not a 3x3 kernel'
  if (facts.group !== 1) return 'grouped convolution'
  if ([...facts.strides, ...facts.dilations].some(s => s !== 1)) return 'stride or dilation above 1'
  if (facts.pads.some(pad => pad !== 1)) return 'padding other than 1'
  if (Math.min(C!, K) < LEAST_CHANNELS || C! * K < leastProducts(block, Math.max(H!, W!)))
    return `${C} to ${K} channels are too few`
  const tile = tilesFor(H!, W!)
  if (!tile) return `an image of ${H} x ${W} has no even tiling`
  return { H: H!, W: W!, N: N!, rows: filtering(tile[0]), columns: filtering(tile[1]) }
}

/** Tiles along rows and columns. */
const tiles = ({ H, W, rows, columns }: Tiling): [number, number] => [H / rows.m, W / columns.m]

/** x [H, W, N, C] -> V [Th, nh, Tw, nw, N, C], padding inside the constant matrices; for forward and weight gradient. */
export const transformData = (source: Value, tiling: Tiling, context: LoweringContext): Value =>
  once(source.name, tiling, context, () => {
    const { H, W, N, rows, columns } = tiling
    const x = context.layouts.get(source, 'pixels')
    const C = x.shape[3] as number
    const [Th, Tw] = tiles(tiling)
    const down = times(lineTransform(rows, H, 1), x, [H, W * N * C])
    const across = times(lineTransform(columns, W, 1), down, [Th * rows.n, W, N * C])
    return reshape(across, [Th, rows.n, Tw, columns.n, N, C])
  })

/** Kernel transform of w [K, C, 3, 3] -> [1, nh, 1, nw, K, C], for forward and data gradient. */
export const transformKernel = (w: Value, tiling: Tiling, context: LoweringContext): Value =>
  once(w.name, tiling, context, () => {
    const { rows, columns } = tiling
    const [K, C] = w.shape as [number, number]
    // Turned as the matrix that it is: with four axes to move, 512 x 512 kernels took 26 ms instead of 3.
    const taps = transpose(reshape(context.layouts.get(w, 'plain'), [K * C, 9]), [1, 0])
    return reshape(times(kron(rows.G, columns.G), taps, [9, K * C]), [1, rows.n, 1, columns.n, K, C])
  })

/** Back from products M [Th, nh, Tw, nw, N, K] to pixels [H, W, N, K], tile by tile. */
export function inverseTransform(M: Value, tiling: Tiling): Value {
  const { H, W, N, rows, columns } = tiling
  const K = M.shape[5] as number
  const [Th, Tw] = tiles(tiling)
  const down = times(rows.AT, M, [Th, rows.n, Tw * columns.n * N * K])
  return reshape(times(columns.AT, down, [H * Tw, columns.n, N * K]), [H, W, N, K])
}

/** `inverseTransform` backwards: dy [H, W, N, K] -> dM [Th, nh, Tw, nw, N, K], for both gradients. */
export const transformGradient = (source: Value, tiling: Tiling, context: LoweringContext): Value =>
  once(`${source.name}, gradient`, tiling, context, () => {
    const { W, N, rows, columns } = tiling
    const dy = context.layouts.get(source, 'pixels')
    const K = dy.shape[3] as number
    const [Th, Tw] = tiles(tiling)
    const down = times(transposed(rows.AT), dy, [Th, rows.m, W * N * K])
    const across = times(transposed(columns.AT), down, [Th * rows.n * Tw, columns.m, N * K])
    return reshape(across, [Th, rows.n, Tw, columns.n, N, K])
  })

/** `transformData` backwards: dV [Th, nh, Tw, nw, N, C] -> dx [H, W, N, C]; where tiles overlap, their sum. */
export function dataGradient(dV: Value, tiling: Tiling): Value {
  const { H, W, N, rows, columns } = tiling
  const C = dV.shape[5] as number
  const [Th, Tw] = tiles(tiling)
  const along = times(transposed(lineTransform(columns, W, 1)), dV, [Th * rows.n, Tw * columns.n, N * C])
  return reshape(times(transposed(lineTransform(rows, H, 1)), along, [Th * rows.n, W * N * C]), [H, W, N, C])
}

/** dw [K, C, 3, 3] from the transformed data and the gradient of the products [Th, nh, Tw, nw, N, K]. */
export function weightGradient(V: Value, dM: Value, tiling: Tiling): Value {
  const { rows, columns } = tiling
  const [K, C] = [dM.shape[5] as number, V.shape[5] as number]
  const [Th, Tw] = tiles(tiling)
  // The runtime gathers the transposed operand, the one with fewer channels, in less time than one is written.
  const rowsAreFilters = K <= C
  const products = rowsAreFilters ? matMul(swapLast(dM), V) : matMul(swapLast(V), dM)
  // One product both sums over tiles and goes back from points to taps.
  const G = transposed(kron(rows.G, columns.G))
  const overTiles = G.map(row =>
    Array.from({ length: Th * rows.n * Tw * columns.n }, (_, flat) => {
      const point = Math.floor(flat / (Tw * columns.n)) % rows.n
      return row[point * columns.n + (flat % columns.n)]!
    }),
  )
  const taps = times(overTiles, products, [Th * rows.n * Tw * columns.n, K * C])
  const kernels = transpose(taps, [1, 0])
  if (rowsAreFilters) return reshape(kernels, [K, C, 3, 3])
  return reshape(transpose(reshape(kernels, [C, K, 9]), [1, 0, 2]), [K, C, 3, 3])
}
