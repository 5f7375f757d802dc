import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { z } from 'zod'
import type { EpochEvent } from '../events.js'
import type { Callback, RunFiles } from './callback.js'

export const tensorBoardSchema = z.strictObject({
  type: z.literal('tensor-board'),
  directory: z.string().min(1).default('tensorboard').describe('inside the run directory'),
})

export type TensorBoardOptions = Partial<Omit<z.input<typeof tensorBoardSchema>, 'type'>> & {
  /** Milliseconds since 1970; tests give their own. */
  now?: () => number
}

/** Scalars of each epoch as an event file that TensorBoard reads: `tensorboard --logdir RUN/tensorboard`. */
export function tensorBoard({ now = Date.now, ...options }: TensorBoardOptions = {}): Callback {
  const { directory } = tensorBoardSchema.parse({ ...options, type: 'tensor-board' })
  let state = { file: '', sizeBytes: 0 }
  const write = (files: RunFiles, bytes: Uint8Array): void => {
    files.append(state.file, bytes)
    state.sizeBytes += bytes.length
  }
  return {
    name: 'tensor-board',
    begin({ files }) {
      if (state.file) return files.truncate(state.file, state.sizeBytes)
      state.file = `${directory}/events.out.tfevents.${Math.floor(now() / 1000)}.fovea`
      write(files, record(versionEvent(now())))
    },
    epochEnd(epoch, { files }) {
      write(files, record(scalarEvent(now(), epoch.step, scalarsOf(epoch))))
    },
    state: () => ({ ...state }),
    restore(kept) {
      state = { ...(kept as typeof state) }
    },
  }
}

/** TensorBoard groups by the part before the slash: training and validation share a chart. */
function scalarsOf(epoch: EpochEvent): Record<string, number> {
  const { trainLoss, trainAccuracy, validationLoss, validationAccuracy, learningRate, imagesPerSecond } = epoch
  return {
    'loss/training': trainLoss,
    'accuracy/training': trainAccuracy,
    ...(validationLoss === undefined ? {} : { 'loss/validation': validationLoss }),
    ...(validationAccuracy === undefined ? {} : { 'accuracy/validation': validationAccuracy }),
    'run/learning_rate': learningRate,
    'run/images_per_second': imagesPerSecond,
  }
}

// Event { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5 }
// Summary { repeated Value value = 1 }   Value { string tag = 1; float simple_value = 2 }
const event = (timeMs: number): BinaryWriter => new BinaryWriter().tag(1, WireType.Bit64).double(timeMs / 1000)

const versionEvent = (timeMs: number): Uint8Array =>
  event(timeMs).tag(3, WireType.LengthDelimited).string('brain.Event:2').finish()

function scalarEvent(timeMs: number, step: number, scalars: Record<string, number>): Uint8Array {
  const writer = event(timeMs).tag(2, WireType.Varint).int64(step).tag(5, WireType.LengthDelimited).fork()
  for (const [tag, value] of Object.entries(scalars))
    writer
      .tag(1, WireType.LengthDelimited)
      .fork()
      .tag(1, WireType.LengthDelimited)
      .string(tag)
      .tag(2, WireType.Bit32)
      .float(value)
      .join()
  return writer.join().finish()
}

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0x82f63b78 ^ (n >>> 1) : n >>> 1
  return n >>> 0
})

/** CRC-32C (Castagnoli), the checksum of TFRecord files. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = table[(crc ^ byte) & 255]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

/** TFRecord rotates and shifts its checksums so that a checksum of data that holds one stays good. */
export const maskedCrc = (bytes: Uint8Array): number => {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

/** length (uint64), its masked CRC, data, its masked CRC; little-endian. */
export function record(data: Uint8Array): Uint8Array {
  const framed = new Uint8Array(12 + data.length + 4)
  const view = new DataView(framed.buffer)
  view.setBigUint64(0, BigInt(data.length), true)
  view.setUint32(8, maskedCrc(framed.subarray(0, 8)), true)
  framed.set(data, 12)
  view.setUint32(12 + data.length, maskedCrc(data), true)
  return framed
}
