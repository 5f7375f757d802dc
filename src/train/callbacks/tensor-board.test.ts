import { BinaryReader } from '@bufbuild/protobuf/wire'
import { describe, expect, it } from 'vitest'
import { epochOf, recordingControl } from '../testing/stand-in.js'
import { crc32c, maskedCrc, tensorBoard } from './tensor-board.js'

/** A reader of TFRecord files, strict about both checksums. */
function records(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const found: Uint8Array[] = []
  for (let at = 0; at < file.length; ) {
    const length = Number(view.getBigUint64(at, true))
    if (view.getUint32(at + 8, true) !== maskedCrc(file.subarray(at, at + 8))) throw new Error('length checksum')
    const data = file.subarray(at + 12, at + 12 + length)
    if (view.getUint32(at + 12 + length, true) !== maskedCrc(data)) throw new Error('data checksum')
    found.push(data)
    at += 16 + length
  }
  return found
}

function readEvent(bytes: Uint8Array) {
  const reader = new BinaryReader(bytes)
  const event = { wallTime: 0, step: 0, version: '', scalars: {} as Record<string, number> }
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag()
    if (field === 1) event.wallTime = reader.double()
    else if (field === 2) event.step = Number(reader.int64())
    else if (field === 3) event.version = reader.string()
    else if (field === 5) readSummary(reader, event.scalars)
    else reader.skip(wire)
  }
  return event
}

function readSummary(reader: BinaryReader, scalars: Record<string, number>): void {
  const end = reader.uint32() + reader.pos
  while (reader.pos < end) {
    reader.tag()
    const valueEnd = reader.uint32() + reader.pos
    let tag = ''
    while (reader.pos < valueEnd) {
      const [field] = reader.tag()
      if (field === 1) tag = reader.string()
      else scalars[tag] = reader.float()
    }
  }
}

describe('tensorBoard', () => {
  it('knows the checksum of the standard test vector', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283)
    // TensorFlow's own masking of it.
    expect(maskedCrc(new TextEncoder().encode('123456789'))).toBe(
      (((0xe3069283 >>> 15) | (0xe3069283 << 17)) + 0xa282ead8) >>> 0,
    )
  })

  it('writes a version record, then the scalars of each epoch', () => {
    const { control, files } = recordingControl()
    const callback = tensorBoard({ now: () => 1_700_000_000_500 })
    callback.begin!(control, { step: 0, resumed: false })
    void callback.epochEnd!(epochOf(1, 2), control)
    const [name] = [...files.keys()]
    expect(name).toBe('tensorboard/events.out.tfevents.1700000000.fovea')
    const events = records(files.get(name!)!).map(readEvent)
    expect(events[0]).toMatchObject({ version: 'brain.Event:2', wallTime: 1_700_000_000.5 })
    expect(events[1]).toMatchObject({
      step: 10,
      scalars: { 'loss/training': 1, 'loss/validation': 2, 'accuracy/training': 0.5 },
    })
  })

  it('goes on in the same file where the checkpoint left it', () => {
    const { control, files } = recordingControl()
    const first = tensorBoard()
    first.begin!(control, { step: 0, resumed: false })
    void first.epochEnd!(epochOf(1, 2), control)
    const state = JSON.parse(JSON.stringify(first.state!()))
    void first.epochEnd!(epochOf(2, 1), control)
    const second = tensorBoard()
    second.restore!(state, new Map())
    second.begin!(control, { step: 10, resumed: true })
    void second.epochEnd!(epochOf(2, 1), control)
    expect(files.size).toBe(1)
    const steps = records([...files.values()][0]!)
      .map(readEvent)
      .map(event => event.step)
    expect(steps).toEqual([0, 10, 20])
  })

  it('is read by a reader that a flipped bit does not pass', () => {
    const { control, files } = recordingControl()
    const callback = tensorBoard()
    callback.begin!(control, { step: 0, resumed: false })
    const [file] = [...files.values()]
    file![14]! ^= 1
    expect(() => records(file!)).toThrow('data checksum')
  })
})
