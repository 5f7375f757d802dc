import { FoveaError } from '../../../core/errors.js'
import { float16Bits } from '../../../core/float16.js'
import { bytesOf, type Tensor } from '../../../core/tensor.js'
import type { ExportedFile, Precision } from '../../format.js'
import type { TfWeight } from './builder.js'

/** Size of a shard: browsers keep files of this size in their caches. */
const SHARD_BYTES = 4 * 1024 * 1024
const LARGEST_FLOAT16 = 65504
/** Smaller ones (biases, bounds) stay float32: nothing to gain, and much to lose. */
const SMALLEST_QUANTISED = 64

/** How a weight is stored: TensorFlow.js makes it float32 again when it loads the model. */
export interface WeightEntry {
  name: string
  shape: number[]
  dtype: 'float32' | 'int32' | 'bool'
  quantization?: { dtype: 'float16'; original_dtype: 'float32' } | AffineQuantization
}

/** value = min + scale · byte. */
interface AffineQuantization {
  dtype: 'uint8'
  min: number
  scale: number
  original_dtype: 'float32'
}

function stored({ name, held }: TfWeight, precision: Precision): { entry: WeightEntry; bytes: Uint8Array } {
  const entry: WeightEntry = { name, shape: [...held.shape], dtype: held.dtype as WeightEntry['dtype'] }
  const large = held.dtype === 'float32' && held.data.length >= SMALLEST_QUANTISED
  if (!large || precision === 'fp32') return { entry, bytes: bytesOf(held) }
  return precision === 'fp16' ? asFloat16(entry, held) : asBytes(entry, held)
}

function asFloat16(entry: WeightEntry, held: Tensor) {
  const values = held.data as Float32Array
  const largest = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
  if (!(largest <= LARGEST_FLOAT16))
    throw new FoveaError({
      where: entry.name,
      expected: `weights of at most ${LARGEST_FLOAT16}, the largest float16`,
      received: String(largest),
      fix: '--precision fp32',
    })
  const bits = Uint16Array.from(values, float16Bits)
  const quantization = { dtype: 'float16', original_dtype: 'float32' } as const
  return { entry: { ...entry, quantization }, bytes: new Uint8Array(bits.buffer) }
}

/** One scale for a weight, its smallest value at byte 0, its largest at 255. */
function asBytes(entry: WeightEntry, held: Tensor) {
  const values = held.data as Float32Array
  const low = values.reduce((least, x) => Math.min(least, x), Number.POSITIVE_INFINITY)
  const high = values.reduce((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY)
  if (low === high) return { entry, bytes: bytesOf(held) }
  const scale = (high - low) / 255
  const quantization: AffineQuantization = { dtype: 'uint8', min: low, scale, original_dtype: 'float32' }
  return { entry: { ...entry, quantization }, bytes: Uint8Array.from(values, x => Math.round((x - low) / scale)) }
}

export interface Manifest {
  manifest: { paths: string[]; weights: WeightEntry[] }[]
  shards: ExportedFile[]
}

/** Weights one after the other, cut into shards, and the manifest that says which is which. */
export function shardWeights(weights: readonly TfWeight[], precision: Precision): Manifest {
  const all = weights.map(weight => stored(weight, precision))
  const bytes = Buffer.concat(all.map(weight => weight.bytes))
  const count = Math.max(1, Math.ceil(bytes.length / SHARD_BYTES))
  const shards = Array.from({ length: count }, (_, i) => ({
    path: `group1-shard${i + 1}of${count}.bin`,
    content: bytes.subarray(i * SHARD_BYTES, (i + 1) * SHARD_BYTES),
  }))
  return { manifest: [{ paths: shards.map(({ path }) => path), weights: all.map(({ entry }) => entry) }], shards }
}
