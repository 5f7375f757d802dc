import { bytesPerElement, type DType } from '../core/dtype.js'
import { FoveaError, messageOf } from '../core/errors.js'
import { bytesOf, type Tensor, tensorFromBytes } from '../core/tensor.js'

/**
 * The safetensors format (huggingface/safetensors): 8 bytes of header length, a JSON header, the tensors' bytes.
 * Nothing in it can run; the reader takes every number for hostile and refuses gaps, overlaps and lengths that do not
 * add up before it touches a tensor.
 */
const names = {
  float64: 'F64',
  int64: 'I64',
  float32: 'F32',
  int32: 'I32',
  float16: 'F16',
  uint16: 'U16',
  int8: 'I8',
  uint8: 'U8',
  bool: 'BOOL',
} as const satisfies Record<DType, string>
const dtypes = new Map<string, DType>(Object.entries(names).map(([dtype, name]) => [name, dtype as DType]))

const LARGEST_HEADER = 100_000_000
const ALIGNMENT = 8

export interface TensorFile {
  tensors: Map<string, Tensor>
  /** The header's `__metadata__`. */
  metadata: Record<string, string>
}

/** The file in pieces: header first, then each tensor's own bytes, not copied. Equal input gives equal bytes. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  // Wide elements first keeps every tensor aligned to its element.
  const entries = [...tensors].sort(
    ([a, x], [b, y]) => bytesPerElement(y.dtype) - bytesPerElement(x.dtype) || (a < b ? -1 : a > b ? 1 : 0),
  )
  let offset = 0
  const described = entries.map(([name, { dtype, shape, data }]) => {
    const begin = offset
    offset += data.byteLength
    return [name, { dtype: names[dtype], shape, data_offsets: [begin, offset] }] as const
  })
  const listed = Object.keys(metadata).length ? [['__metadata__', metadata] as const, ...described] : described
  const text = `{${listed.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`
  const json = new TextEncoder().encode(text)
  const length = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT
  const head = new Uint8Array(8 + length).fill(0x20)
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true)
  head.set(json, 8)
  return [head, ...entries.map(([, held]) => bytesOf(held))]
}

/** @throws FoveaError naming `where` and the first thing that is wrong */
export function decodeSafetensors(file: Uint8Array, where: string): TensorFile {
  const refuse = (expected: string, received: string): never => {
    throw new FoveaError({ where, expected, received, fix: 'use an undamaged safetensors file' })
  }
  if (file.length < 8) refuse('a safetensors file', `${file.length} bytes`)
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const length = Number(view.getBigUint64(0, true))
  if (length > LARGEST_HEADER || length > file.length - 8)
    refuse('a header that lies inside the file', `a header of ${length} bytes in a file of ${file.length}`)
  const header = parseHeader(file.subarray(8, 8 + length), refuse)
  const body = file.subarray(8 + length)
  const found: Found[] = []
  let metadata: Record<string, string> = {}
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') metadata = metadataOf(entry, refuse)
    else found.push(describe(name, entry, refuse))
  }
  found.sort((a, b) => a.begin - b.begin || a.end - b.end)
  let at = 0
  for (const { name, begin, end } of found) {
    if (begin !== at) refuse(`tensor '${name}' to begin at byte ${at}, with no gap and no overlap`, `byte ${begin}`)
    at = end
  }
  if (at !== body.length) refuse(`${at} bytes of tensors`, `${body.length}`)
  return { tensors: new Map(found.map(entry => [entry.name, read(entry, body)])), metadata }
}

type Refuse = (expected: string, received: string) => never
interface Found {
  name: string
  dtype: DType
  shape: number[]
  begin: number
  end: number
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function parseHeader(bytes: Uint8Array, refuse: Refuse): Record<string, unknown> {
  if (bytes[0] !== 0x7b) refuse("a header that begins with '{'", 'another byte')
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    refuse('a header of JSON', messageOf(error))
  }
  return isRecord(header) ? header : refuse('an object as header', 'another kind of JSON')
}

function metadataOf(entry: unknown, refuse: Refuse): Record<string, string> {
  if (!isRecord(entry) || Object.values(entry).some(value => typeof value !== 'string'))
    refuse('__metadata__ of text only', 'something else')
  return entry as Record<string, string>
}

function describe(name: string, entry: unknown, refuse: Refuse): Found {
  const { dtype: code, shape, data_offsets: offsets } = isRecord(entry) ? entry : {}
  const dtype = dtypes.get(String(code))
  if (!dtype) return refuse(`a dtype of tensor '${name}' among ${[...dtypes.keys()].join(', ')}`, String(code))
  if (!Array.isArray(shape) || shape.length > 16 || !shape.every(isSize))
    return refuse(`a shape of whole numbers for tensor '${name}'`, JSON.stringify(shape ?? null).slice(0, 80))
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize))
    return refuse(`two offsets for tensor '${name}'`, JSON.stringify(offsets ?? null).slice(0, 80))
  const [begin, end] = offsets as [number, number]
  const bytes = shape.reduce((product: number, dim: number) => product * dim, bytesPerElement(dtype))
  if (end - begin !== bytes) return refuse(`${bytes} bytes for tensor '${name}'`, `${end - begin}`)
  return { name, dtype, shape: shape as number[], begin, end }
}

const read = ({ dtype, shape, begin, end }: Found, body: Uint8Array): Tensor =>
  tensorFromBytes(dtype, shape, body.subarray(begin, end))
