import type { RandomStream } from '../../src/core/random.js'
import { sizeOf } from '../../src/core/shape.js'
import type { Attributes, Numbers, OpDefinition } from '../../src/onnx/operator.js'
import { AveragePool } from '../../src/ops/average-pool.js'
import { BatchNormalization } from '../../src/ops/batch-normalization.js'
import { BatchNormalizationTraining } from '../../src/ops/batch-normalization-training.js'
import { Conv } from '../../src/ops/conv.js'
import { ConvTranspose } from '../../src/ops/conv-transpose.js'
import { Gemm } from '../../src/ops/gemm.js'
import { GlobalAveragePool } from '../../src/ops/global-average-pool.js'
import { LayerNormalization } from '../../src/ops/layer-normalization.js'
import { LogSoftmax } from '../../src/ops/log-softmax.js'
import { MatMul } from '../../src/ops/mat-mul.js'
import { MaxPool } from '../../src/ops/max-pool.js'
import { Softmax } from '../../src/ops/softmax.js'

/** One use of one operator, drawn at random. */
export interface TorchCase {
  op: OpDefinition
  shapes: readonly (readonly number[])[]
  attributes: Attributes
  outputs?: number
  /** Whole numbers, so that maxima are tied. */
  tied?: boolean
  /** Input i is a variance. */
  positive?: number
}

const from = (r: RandomStream, low: number, high: number): number => low + r.integer(high - low + 1)
const pair = (r: RandomStream, low: number, high: number): [number, number] => [from(r, low, high), from(r, low, high)]
const pick = <T>(r: RandomStream, of: readonly T[]): T => of[r.integer(of.length)]!

/** Kernel, strides, dilations and pads; about half of the cases are undilated, a third unpadded. */
function drawWindow(r: RandomStream, symmetric: boolean) {
  const kernel_shape = pair(r, 1, 4)
  const dilations = r.chance(0.5) ? [1, 1] : pair(r, 1, 3)
  const reach = kernel_shape.map((k, a) => (k - 1) * dilations[a]! + 1)
  const most = reach.map(n => (symmetric ? Math.floor(n / 2) : n - 1))
  const [top, left, bottom, right] = r.chance(0.33)
    ? [0, 0, 0, 0]
    : [0, 1, 0, 1].map(axis => from(r, 0, Math.min(most[axis]!, 3)))
  const pads = symmetric ? [top!, left!, top!, left!] : [top!, left!, bottom!, right!]
  return { kernel_shape, strides: pair(r, 1, 3), dilations, pads, reach }
}

/** Height and width that hold at least one window. */
const drawImage = (r: RandomStream, reach: readonly number[]): number[] => reach.map(n => Math.max(n, 2) + r.integer(6))

/** [groups, channels per group, kernels per group]; a third plain, a third grouped, a third depthwise. */
function drawGroups(r: RandomStream): [number, number, number] {
  const kind = r.integer(3)
  if (kind === 0) return [1, from(r, 1, 4), from(r, 1, 4)]
  return kind === 1 ? [from(r, 2, 3), from(r, 2, 3), from(r, 1, 3)] : [from(r, 2, 5), 1, from(r, 1, 2)]
}

function drawConv(r: RandomStream): TorchCase {
  const { reach, ...window } = drawWindow(r, false)
  const [group, C, K] = drawGroups(r)
  const shapes = [
    [from(r, 1, 3), group * C, ...drawImage(r, reach)],
    [group * K, C, ...window.kernel_shape],
  ]
  return { op: Conv, shapes: r.chance(0.5) ? shapes : [...shapes, [group * K]], attributes: { ...window, group } }
}

function drawConvTranspose(r: RandomStream): TorchCase {
  const { reach, ...window } = drawWindow(r, true)
  const [group, C, K] = drawGroups(r)
  const shapes = [
    [from(r, 1, 3), group * C, ...drawImage(r, [3, 3])],
    [group * C, K, ...window.kernel_shape],
  ]
  const output_padding = window.strides.map(stride => r.integer(stride))
  const attributes = { ...window, group, output_padding }
  return { op: ConvTranspose, shapes: r.chance(0.5) ? shapes : [...shapes, [group * K]], attributes }
}

/** Half of the windows tile the image, as most pooling does. PyTorch pads by half a kernel at most. */
function drawPool(r: RandomStream, dilated: boolean) {
  const { reach, ...window } = drawWindow(r, true)
  const pads = window.pads.map((p, i) => Math.min(p, window.kernel_shape[i % 2]! >> 1))
  const undilated = { dilations: [1, 1] }
  const tiling = { ...undilated, strides: window.kernel_shape, pads: [0, 0, 0, 0] }
  const attributes = { ...window, pads, ...(dilated ? {} : undilated), ...(r.chance(0.5) ? tiling : {}) }
  return { attributes, shapes: [[from(r, 1, 2), from(r, 1, 3), ...drawImage(r, reach)]] }
}

function drawMaxPool(r: RandomStream): TorchCase {
  const ceil_mode = r.integer(2)
  const { attributes, shapes } = drawPool(r, true)
  return { op: MaxPool, shapes, attributes: { ...attributes, ceil_mode }, tied: r.chance(0.6) }
}

function drawAveragePool(r: RandomStream): TorchCase {
  const { attributes, shapes } = drawPool(r, false)
  return {
    op: AveragePool,
    shapes,
    attributes: { ...attributes, ceil_mode: r.integer(2), count_include_pad: r.integer(2) },
  }
}

const drawShape = (r: RandomStream): number[] => Array.from({ length: from(r, 2, 4) }, () => from(r, 2, 4))

function drawBatchNormalization(r: RandomStream, op: OpDefinition): TorchCase {
  const x = drawShape(r)
  const C = x[1]!
  const attributes = { epsilon: pick(r, [1e-5, 1e-3, 0.1]) }
  if (op === BatchNormalizationTraining) return { op, shapes: [x, [C], [C]], attributes, outputs: 3 }
  return { op, shapes: [x, [C], [C], [C], [C]], attributes, positive: 4 }
}

function drawLayerNormalization(r: RandomStream): TorchCase {
  const x = drawShape(r)
  const axis = from(r, 1, x.length - 1)
  const own = x.slice(axis)
  return { op: LayerNormalization, shapes: [x, own, own], attributes: { axis, epsilon: pick(r, [1e-5, 1e-3]) } }
}

function drawSoftmax(r: RandomStream, op: OpDefinition): TorchCase {
  const x = drawShape(r)
  return { op, shapes: [x], attributes: { axis: from(r, -1, x.length - 1) } }
}

function drawMatMul(r: RandomStream): TorchCase {
  const [m, k, n] = [from(r, 1, 4), from(r, 1, 4), from(r, 1, 4)]
  const batch = Array.from({ length: r.integer(3) }, () => from(r, 1, 3))
  /** Some axes of the batch left out or of size 1. */
  const lead = (): number[] => batch.slice(r.integer(batch.length + 1)).map(dim => (r.chance(0.3) ? 1 : dim))
  const left = r.chance(0.2) ? [k] : [...lead(), m, k]
  const right = r.chance(0.2) ? [k] : [...lead(), k, n]
  return { op: MatMul, shapes: [left, right], attributes: {} }
}

function drawGemm(r: RandomStream): TorchCase {
  const [m, k, n] = [from(r, 1, 4), from(r, 1, 4), from(r, 1, 4)]
  const [transA, transB] = [r.integer(2), r.integer(2)]
  const shapes = [transA ? [k, m] : [m, k], transB ? [n, k] : [k, n], pick(r, [[m, n], [n], [m, 1], [1]])]
  return { op: Gemm, shapes, attributes: { transA, transB, alpha: pick(r, [1, 0.5, -3]), beta: pick(r, [1, 0.25]) } }
}

/** How to draw a case of each operator, and how many. */
export const draws: readonly { op: OpDefinition; count: number; draw(r: RandomStream): TorchCase }[] = [
  { op: Conv, count: 40, draw: drawConv },
  { op: ConvTranspose, count: 25, draw: drawConvTranspose },
  { op: MaxPool, count: 30, draw: drawMaxPool },
  { op: AveragePool, count: 25, draw: drawAveragePool },
  {
    op: GlobalAveragePool,
    count: 4,
    draw: r => ({ op: GlobalAveragePool, shapes: [[...pair(r, 1, 3), ...pair(r, 1, 5)]], attributes: {} }),
  },
  { op: BatchNormalizationTraining, count: 10, draw: r => drawBatchNormalization(r, BatchNormalizationTraining) },
  { op: BatchNormalization, count: 8, draw: r => drawBatchNormalization(r, BatchNormalization) },
  { op: LayerNormalization, count: 8, draw: drawLayerNormalization },
  { op: Softmax, count: 5, draw: r => drawSoftmax(r, Softmax) },
  { op: LogSoftmax, count: 5, draw: r => drawSoftmax(r, LogSoftmax) },
  { op: MatMul, count: 15, draw: drawMatMul },
  { op: Gemm, count: 10, draw: drawGemm },
]

/** The numbers of one input of a case. */
export function drawNumbers(r: RandomStream, { shapes, tied, positive }: TorchCase, i: number): Numbers {
  const draw = tied ? () => r.integer(4) - 3 : positive === i ? () => r.uniform(0.1, 2) : () => r.uniform(-2, 2)
  return { shape: shapes[i]!, data: Float64Array.from({ length: sizeOf(shapes[i]!) }, draw) }
}
