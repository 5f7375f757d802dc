import { FoveaError } from '../../core/errors.js'
import type { Graph } from '../ir.js'
import type { OpDefinition } from '../operator.js'
import { checkOpset, domainOf, operatorKey } from '../opset.js'
import { buildGraph } from './decode-graph.js'
import type { EncodeOptions } from './encode.js'
import { defaultLimits, type ReadLimits } from './limits.js'
import type { ModelProto } from './messages.js'
import { metadataOf, readModel } from './read-model.js'

export interface DecodeOptions {
  /** The operators that nodes may have; anything else is refused by name. */
  operators: Iterable<OpDefinition> | ReadonlyMap<string, OpDefinition>
  limits?: Partial<ReadLimits>
}

/** A file read back. `encodeModel(decoded.graph, decoded)` writes it again. */
export interface DecodedModel extends Required<EncodeOptions> {
  graph: Graph
}

/**
 * The graph of an ONNX file, whoever wrote it. Nothing outside of the bytes is read, memory stays within `limits`,
 * and whatever Fovea has no meaning for (unknown operators, local functions, control flow, sequences, sparse or
 * external tensors) is refused with its name and place.
 */
export function decodeModel(file: Uint8Array, { operators, limits }: DecodeOptions): DecodedModel {
  const model = readModel(file, limits)
  refuseForeign(model)
  return {
    graph: buildGraph(model.graph!, operatorsByKey(operators), { ...defaultLimits, ...limits }),
    opset: standardOpset(model),
    irVersion: model.ir_version ?? 0,
    producerName: model.producer_name ?? '',
    producerVersion: model.producer_version ?? '',
    docString: model.doc_string ?? '',
    metadata: metadataOf(model.metadata_props),
  }
}

function refuseForeign({ functions, training_info }: ModelProto): void {
  const [local] = functions
  if (local)
    throw new FoveaError({
      where: 'ONNX file',
      expected: 'a model without local functions',
      received: `function ${local.name ?? ''} of domain '${local.domain ?? ''}'`,
      fix: 'inline the functions (onnx.inliner) before the file is read',
    })
  if (training_info.length)
    throw new FoveaError({ where: 'ONNX file', expected: 'an inference model', received: 'training information' })
}

function operatorsByKey(operators: DecodeOptions['operators']): Map<string, OpDefinition> {
  const list = 'values' in operators ? (operators as ReadonlyMap<string, OpDefinition>).values() : operators
  return new Map([...list].map(op => [operatorKey(op.domain, op.name), op]))
}

function standardOpset({ opset_import }: ModelProto): number {
  const versions = new Map<string, number>()
  for (const { domain, version } of opset_import) {
    if (versions.has(domainOf(domain)))
      throw new FoveaError({ where: 'ONNX file', expected: 'a domain once', received: `'${domain ?? ''}' twice` })
    versions.set(domainOf(domain), version ?? 0)
  }
  return checkOpset(versions.get('') ?? 0, 'ONNX file')
}
