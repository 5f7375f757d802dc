import { FoveaError } from '../../core/errors.js'
import { defaultLimits, type ReadLimits } from './limits.js'
import {
  type GraphProto,
  type ModelProto,
  modelTable,
  type StringStringEntryProto,
  type TensorProto,
} from './messages.js'
import { type Inspect, readMessage } from './read-message.js'
import { checkTensorData, refuseExternalData } from './tensor-proto.js'

/** Bytes 4 to 7 of the runtime's other file format: it looks for them before it tries to read a file as ONNX. */
const OTHER_FORMAT = 'ORTM'

/**
 * Reads the messages of a foreign file. Whatever it then holds at whatever depth (subgraphs, functions, training
 * information), it holds no external data, no sparse tensor, and no tensor whose size contradicts its dimensions.
 */
export function readModel(bytes: Uint8Array, overrides: Partial<ReadLimits> = {}): ModelProto {
  // A Buffer is a Uint8Array whose `slice` does not copy: everything below gets the plain kind.
  const file = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const limits = { ...defaultLimits, ...overrides }
  const where = 'ONNX file'
  if (file.length === 0) throw new FoveaError({ where, expected: 'a model', received: 'no bytes' })
  if (Array.from(OTHER_FORMAT).every((letter, i) => file[4 + i] === letter.charCodeAt(0)))
    throw new FoveaError({ where, expected: 'a model in ONNX format', received: "one in ONNX Runtime's own (ORTM)" })
  let nodes = 0
  const inspect: Inspect = (table, message, place) => {
    if (table.name === 'TensorProto') {
      refuseExternalData(message as TensorProto, place())
      checkTensorData(message as TensorProto, place(), limits.rank)
    } else if (table.name === 'SparseTensorProto')
      // Two published ways around external-data checks lead through sparse tensors; no image classifier needs them.
      throw new FoveaError({
        where: place(),
        expected: 'dense tensors',
        received: 'a sparse tensor',
        fix: 'save it dense',
      })
    else if (table.name === 'GraphProto' && (nodes += (message as GraphProto).node.length) > limits.nodes)
      throw new FoveaError({ where: place(), expected: `at most ${limits.nodes} nodes`, received: `${nodes}` })
  }
  const model = readMessage<ModelProto>(file, modelTable, limits, inspect)
  if (!model.graph) throw new FoveaError({ where, expected: 'a graph', received: 'a model without one' })
  return model
}

/** Metadata as a record; a key may be any text, `__proto__` too. */
export function metadataOf(entries: readonly StringStringEntryProto[]): Record<string, string> {
  const found = new Map<string, string>()
  for (const { key = '', value = '' } of entries) {
    if (found.has(key)) throw new FoveaError({ where: 'metadata', expected: 'keys once', received: `'${key}' twice` })
    found.set(key, value)
  }
  return Object.fromEntries(found)
}
