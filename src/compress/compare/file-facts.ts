import { FoveaError } from '../../core/errors.js'
import { sizeOf } from '../../core/shape.js'
import type { Graph, Value } from '../../onnx/ir.js'
import { decodeModel } from '../../onnx/protobuf/index.js'
import { operators } from '../../ops/index.js'
import { multiplyAdds } from '../multiply-adds.js'

export interface FileFacts {
  sizeBytes: number
  /** Null where the graph has operators that Fovea has no meaning for. */
  parameters: number | null
  /** Of one image. */
  multiplyAdds: number | null
}

/** What an ONNX file says without being run. */
export function fileFacts(model: Uint8Array): FileFacts {
  const sizeBytes = model.length
  try {
    const { graph } = decodeModel(model, { operators })
    return { sizeBytes, parameters: parametersIn(graph), multiplyAdds: multiplyAdds(graph) }
  } catch (error) {
    if (error instanceof FoveaError) return { sizeBytes, parameters: null, multiplyAdds: null }
    throw error
  }
}

/** Inputs that are no parameters: running statistics; scales and zero points of quantised numbers. */
const notLearned: Readonly<Record<string, readonly number[]>> = {
  BatchNormalization: [3, 4],
  QuantizeLinear: [1, 2],
  DequantizeLinear: [1, 2],
}

/** Numbers that training found: initializers, but for statistics, for shapes and axes, and for Fovea's own constants. */
function parametersIn(graph: Graph): number {
  const counted = new Set<Value>()
  for (const { op, inputs } of graph.nodes)
    inputs.forEach((input, i) => {
      if (!input?.constant || input.dtype === 'int64' || notLearned[op.name]?.includes(i)) return
      if (!/^constant(_\d+)?$/.test(input.name)) counted.add(input)
    })
  return [...counted].reduce((sum, { shape }) => sum + sizeOf(shape as number[]), 0)
}
