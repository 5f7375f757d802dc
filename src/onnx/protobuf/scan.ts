import { FoveaError } from '../../core/errors.js'
import { domainOf } from '../opset.js'
import { elementTypes } from './element-types.js'
import type { ReadLimits } from './limits.js'
import type { GraphProto, ModelProto, NodeProto, ValueInfoProto } from './messages.js'
import { metadataOf, readModel } from './read-model.js'

export interface ScannedValue {
  name: string
  /** The standard's name ('FLOAT'), or the kind of a value that is no tensor ('sequence'). */
  type: string
  /** null: open. */
  shape: readonly (number | string | null)[] | undefined
}

export interface ScannedModel {
  sizeBytes: number
  irVersion: number
  /** Imported version by operator domain ('' is the standard). */
  opsets: Record<string, number>
  producerName: string
  producerVersion: string
  docString: string
  metadata: Record<string, string>
  inputs: ScannedValue[]
  outputs: ScannedValue[]
  /** How often each operator occurs at any depth; operators of other domains read `domain:Name`. */
  operators: Record<string, number>
  nodes: number
  /** Elements of all initializers. */
  parameters: number
  hasSubgraphs: boolean
  functions: string[]
}

/** Vendor operators whose attributes name files for the runtime to open. */
const fileReaders = new Set(['com.microsoft:EPContext'])

/**
 * Looks through a foreign file without knowing its operators; to be called before ONNX Runtime sees it. It refuses
 * external data of every kind at every depth, sparse tensors, the runtime's other file format, operators that open
 * files, data that contradicts its dimensions, and anything beyond `limits`.
 */
export function scanModel(file: Uint8Array, limits: Partial<ReadLimits> = {}): ScannedModel {
  const model = readModel(file, limits)
  const graph = model.graph!
  const count = new OperatorCount()
  count.graph(graph)
  for (const { initialization, algorithm } of model.training_info)
    for (const part of [initialization, algorithm]) if (part) count.graph(part)
  for (const local of model.functions) count.nodesOf(local.node)
  const initialized = new Set(graph.initializer.map(tensor => tensor.name))
  return {
    sizeBytes: file.length,
    irVersion: model.ir_version ?? 0,
    opsets: Object.fromEntries(model.opset_import.map(({ domain, version }) => [domainOf(domain), version ?? 0])),
    ...provenance(model),
    inputs: graph.input.filter(input => !initialized.has(input.name)).map(scanValue),
    outputs: graph.output.map(scanValue),
    operators: Object.fromEntries([...count.operators].sort(([a], [b]) => (a < b ? -1 : 1))),
    nodes: count.nodes,
    parameters: graph.initializer.reduce((sum, { dims }) => sum + dims.reduce((size, dim) => size * dim, 1), 0),
    hasSubgraphs: count.subgraphs > 0,
    functions: model.functions.map(({ domain, name }) => keyOf(domain, name)),
  }
}

const provenance = (model: ModelProto) => ({
  producerName: model.producer_name ?? '',
  producerVersion: model.producer_version ?? '',
  docString: model.doc_string ?? '',
  metadata: metadataOf(model.metadata_props),
})

function keyOf(domain: string | undefined, name: string | undefined): string {
  const short = domainOf(domain)
  return short ? `${short}:${name ?? ''}` : (name ?? '')
}

class OperatorCount {
  readonly operators = new Map<string, number>()
  nodes = 0
  subgraphs = 0

  graph({ node }: GraphProto): void {
    this.nodesOf(node)
  }

  nodesOf(nodes: readonly NodeProto[]): void {
    for (const node of nodes) {
      const key = keyOf(node.domain, node.op_type)
      if (fileReaders.has(key))
        throw new FoveaError({
          where: `ONNX file, node '${node.name ?? ''}'`,
          expected: 'operators that compute',
          received: `${key}, which opens files`,
        })
      this.operators.set(key, (this.operators.get(key) ?? 0) + 1)
      this.nodes++
      for (const { g, graphs } of node.attribute)
        for (const inner of g ? [g, ...graphs] : graphs) {
          this.subgraphs++
          this.graph(inner)
        }
    }
  }
}

function scanValue({ name = '', type }: ValueInfoProto): ScannedValue {
  const tensor = type?.tensor_type
  const other = type && (Object.keys(type) as (keyof typeof type)[]).find(key => key !== 'denotation' && type[key])
  return {
    name,
    type: tensor
      ? (elementTypes[tensor.elem_type ?? 0]?.name ?? `element type ${tensor.elem_type ?? 0}`)
      : (other?.replace('_type', '') ?? 'open'),
    shape: tensor?.shape?.dim.map(dim => dim.dim_value ?? (dim.dim_param || null)),
  }
}
