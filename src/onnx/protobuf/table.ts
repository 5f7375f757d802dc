/**
 * How a field's values are held in memory. Plain repeated integers become `number[]` (dims, axes); the bulk fields
 * of tensors become typed arrays; `bytes` are views of the file, never copies.
 */
export type Kind =
  | 'int'
  | 'ints'
  | 'float'
  | 'floats'
  | 'doubles'
  | 'int32s'
  | 'int64s'
  | 'string'
  | 'strings'
  | 'bytes'
  | 'byteses'
  | 'message'
  | 'messages'

export interface Field {
  number: number
  kind: Kind
  /** Of message fields; a function, because messages nest in each other. */
  of?: () => Table
}

export interface Table {
  name: string
  fields: readonly (readonly [name: string, field: Field])[]
  byNumber: ReadonlyMap<number, readonly [name: string, field: Field]>
  byName(name: string): Field
}

/** A table whose keys are checked against the message's TypeScript type. */
export function table<T>(name: string, fields: { [K in keyof Required<T>]: Field }): Table {
  const entries = (Object.entries(fields) as [string, Field][]).sort(([, a], [, b]) => a.number - b.number)
  return {
    name,
    fields: entries,
    byNumber: new Map(entries.map(entry => [entry[1].number, entry])),
    byName: field => fields[field as keyof T],
  }
}

const plain =
  (kind: Kind) =>
  (number: number): Field => ({ number, kind })

export const int = plain('int')
export const ints = plain('ints')
export const float = plain('float')
export const floats = plain('floats')
export const doubles = plain('doubles')
export const int32s = plain('int32s')
export const int64s = plain('int64s')
export const string = plain('string')
export const strings = plain('strings')
export const bytes = plain('bytes')
export const byteses = plain('byteses')
export const message = (number: number, of: () => Table): Field => ({ number, kind: 'message', of })
export const messages = (number: number, of: () => Table): Field => ({ number, kind: 'messages', of })
