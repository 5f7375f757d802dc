import { beforeAll, describe, expect, it } from 'vitest'
import { FoveaError } from '../../../core/errors.js'
import { randomStream } from '../../../core/random.js'
import { sampleClassifier, sampleNetworks } from '../../testing/sample-networks.js'
import type { TfliteModel } from './model.js'
import { readModel } from './read-model.js'
import { writeTflite } from './write.js'
import { writeModel } from './write-model.js'

const small: TfliteModel = {
  description: 'd',
  tensors: [
    { name: 'x', type: 'FLOAT32', shape: [1, 4] },
    {
      name: 'w',
      type: 'INT8',
      shape: [2, 4],
      data: new Uint8Array(8),
      quantization: { scale: [1, 2], zeroPoint: [0, 0], axis: 0 },
    },
    { name: 'y', type: 'FLOAT32', shape: [1, 2] },
  ],
  operators: [{ builtin: 'FULLY_CONNECTED', version: 4, inputs: [0, 1, -1], outputs: [2], options: { activation: 3 } }],
  inputs: [0],
  outputs: [2],
  metadata: [{ name: 'm', data: Uint8Array.of(1, 2, 3) }],
}

describe('reading a TFLite file', () => {
  it('gives what was written', () => {
    const read = readModel(writeModel(small))
    const filled = { activation: 3, keep_num_dims: false }
    expect(read).toEqual({ ...small, operators: [{ ...small.operators[0], options: filled }] })
  })

  it.each<[string, TfliteModel, string]>([
    [
      'a constant that is too short',
      { ...small, tensors: small.tensors.map(t => (t.data ? { ...t, data: new Uint8Array(7) } : t)) },
      "expected 8 bytes of 'w', received 7",
    ],
    [
      'an input that is not there',
      { ...small, operators: [{ ...small.operators[0]!, inputs: [9] }] },
      'expected inputs of FULLY_CONNECTED among 3 tensors, received number 9',
    ],
    [
      'a scale that is zero',
      {
        ...small,
        tensors: [
          { ...small.tensors[0]!, quantization: { scale: [0], zeroPoint: [0], axis: 0 } },
          ...small.tensors.slice(1),
        ],
      },
      "expected a positive scale and a zero point for 'x'",
    ],
    [
      'scales of another axis',
      {
        ...small,
        tensors: small.tensors.map(t => (t.quantization ? { ...t, quantization: { ...t.quantization, axis: 1 } } : t)),
      },
      'received 2 scales, 2 zero points, axis 1 of [2, 4]',
    ],
    [
      'a shape without end',
      { ...small, tensors: [{ ...small.tensors[0]!, shape: [65536, 65536] }, ...small.tensors.slice(1)] },
      'expected a shape of countable elements',
    ],
  ])('refuses %s', (_, model, message) => {
    expect(() => readModel(writeModel(model), 'a.tflite')).toThrow(message)
    expect(() => readModel(writeModel(model), 'a.tflite')).toThrow(/^a\.tflite: .* Fix: the file is damaged/)
  })

  it('refuses other files', () => {
    expect(() => readModel(new Uint8Array(0))).toThrow('expected 8 bytes at 0, received a file of 0 bytes')
    expect(() => readModel(Buffer.from('not a model at all'))).toThrow('expected the identifier TFL3, received "a mo"')
  })

  it('refuses parts that are used again and again', () => {
    // One name of 40,000 bytes, and how many tensors there are with it.
    const fileOf = (sharing: number): Uint8Array => {
      const others = Array.from({ length: 20 }, (_, i) => ({ name: `${i}`, type: 'INT8', shape: [1] }) as const)
      const long = { name: 'n'.repeat(40_000), type: 'INT8', shape: [1] } as const
      const file = writeModel({ ...small, tensors: [...small.tensors, ...others, long] })
      const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
      const vector = findTensorVector(view)
      const last = vector + 4 + 4 * 23
      const target = last + view.getUint32(last, true)
      for (let at = last - 4 * (sharing - 1); at < last; at += 4) view.setUint32(at, target - at, true)
      return file
    }
    expect(readModel(fileOf(3)).tensors.filter(({ name }) => name.length === 40_000)).toHaveLength(3)
    expect(() => readModel(fileOf(20))).toThrow('expected parts that lie apart')
  })
})

/** The vector of the tensors of the first subgraph. */
function findTensorVector(view: DataView): number {
  const table = (at: number): number => at + view.getUint32(at, true)
  const field = (position: number, slot: number): number =>
    position + view.getUint16(position - view.getInt32(position, true) + 4 + 2 * slot, true)
  const graphs = table(field(table(0), 2))
  return table(field(table(graphs + 4), 0))
}

describe('damaged TFLite files', () => {
  let whole: Uint8Array
  beforeAll(async () => {
    whole = await writeTflite(sampleClassifier(sampleNetworks['residual, strided']!), {
      precision: 'fp32',
      layout: 'nhwc',
    })
  })

  /** What reading ends in: a model, a refusal, or anything else. */
  const outcome = (file: Uint8Array): string => {
    try {
      return readModel(file).tensors.length >= 0 ? 'read' : 'nothing'
    } catch (error) {
      return error instanceof FoveaError ? 'refused' : String(error)
    }
  }

  it('cut anywhere are refused, or whole but for their labels', () => {
    const outcomes = new Set(
      Array.from({ length: 300 }, (_, i) => outcome(whole.subarray(0, Math.floor((i / 300) * 4000)))),
    )
    expect([...outcomes]).toEqual(['refused'])
    expect(outcome(whole.subarray(0, whole.length - 20))).toBe('read')
  })

  it('with bytes changed are read or refused, nothing else', () => {
    const stream = randomStream(3, 'damage')
    const outcomes = new Map<string, number>()
    for (let i = 0; i < 1500; i++) {
      const file = Uint8Array.from(whole)
      for (let n = 0; n <= i % 8; n++) file[stream.integer(file.length)] = stream.integer(256)
      const result = outcome(file)
      outcomes.set(result, (outcomes.get(result) ?? 0) + 1)
    }
    expect([...outcomes.keys()].sort()).toEqual(['read', 'refused'])
    expect(outcomes.get('refused')).toBeGreaterThan(50)
  })
})
