import { FoveaError } from '../../core/errors.js'
import type { AttributeSpec, Attributes, AttributeValue, OpDefinition } from '../operator.js'
import { type AttributeProto, attributeTypes, type NodeProto } from './messages.js'
import { tensorOf } from './tensor-proto.js'

const text = new TextDecoder('utf-8', { fatal: true })
const typeNames = new Map<number, string>(Object.entries(attributeTypes).map(([name, number]) => [number, name]))

/** Graphs within attributes are control flow; nothing of Fovea can run, differentiate or rewrite it. */
export function refuseSubgraphs(node: NodeProto, where: string): void {
  for (const { name, g, graphs } of node.attribute)
    if (g || graphs.length)
      throw new FoveaError({
        where,
        expected: 'nodes without graphs inside',
        received: `a subgraph in attribute '${name ?? ''}' of ${node.op_type ?? ''}`,
        fix: 'export the model without control flow',
      })
}

/** The attributes of a node, each of the type that its operator declares. */
export function decodeAttributes(node: NodeProto, op: OpDefinition, where: string): Attributes {
  const found = new Map<string, AttributeValue>()
  for (const proto of node.attribute) {
    const name = proto.name ?? ''
    const spec = Object.hasOwn(op.attributes, name) ? op.attributes[name] : undefined
    if (!spec)
      throw new FoveaError({
        where,
        expected: `attributes of ${op.name} (${Object.keys(op.attributes).join(', ') || 'none'})`,
        received: `'${name}'`,
        fix: 'convert the file to operator set 20',
      })
    if (found.has(name)) throw new FoveaError({ where, expected: 'an attribute once', received: `'${name}' twice` })
    found.set(name, attributeValue(proto, spec, `${where}, attribute '${name}'`))
  }
  return Object.fromEntries(found)
}

const numbers: Record<AttributeSpec['type'], number> = {
  int: attributeTypes.INT,
  float: attributeTypes.FLOAT,
  string: attributeTypes.STRING,
  ints: attributeTypes.INTS,
  floats: attributeTypes.FLOATS,
  tensor: attributeTypes.TENSOR,
}

export function attributeValue(proto: AttributeProto, { type }: AttributeSpec, where: string): AttributeValue {
  if (proto.ref_attr_name)
    throw new FoveaError({ where, expected: 'a value', received: `a reference to '${proto.ref_attr_name}'` })
  // Files older than IR version 2 leave the type out.
  if (proto.type && proto.type !== numbers[type])
    throw new FoveaError({
      where,
      expected: type,
      received: typeNames.get(proto.type)?.toLowerCase() ?? `attribute type ${proto.type}`,
    })
  switch (type) {
    case 'int':
      return exact(proto.i ?? 0, where)
    case 'float':
      return proto.f ?? 0
    case 'string':
      return decodeText(proto.s, where)
    case 'ints':
      return proto.ints.map(value => exact(value, where))
    case 'floats':
      return Array.from(proto.floats)
    case 'tensor':
      if (proto.t) return tensorOf(proto.t, where)
      throw new FoveaError({ where, expected: 'a tensor', received: 'none' })
  }
}

function exact(value: number, where: string): number {
  if (Number.isSafeInteger(value)) return value
  throw new FoveaError({ where, expected: 'an integer below 2^53', received: String(value) })
}

function decodeText(bytes: Uint8Array | undefined, where: string): string {
  try {
    return text.decode(bytes)
  } catch (cause) {
    throw new FoveaError({ where, expected: 'text in UTF-8', received: 'other bytes' }, { cause })
  }
}
