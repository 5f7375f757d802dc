import type { Graph, Value } from '../onnx/ir.js'
import { rewrite } from '../onnx/rewrite.js'
import { identity } from '../ops/identity.js'
import { Split, split } from '../ops/split.js'

/**
 * A WebGPU shader may bind eight storage buffers on every device (`maxStorageBuffersPerShaderStage`): one to read and
 * seven to write. ONNX Runtime gives a Split one shader with a buffer per piece and fails when they are too many; its
 * Concat takes any number.
 */
const MOST_PIECES = 7

/** Splits of many pieces as trees of splits that every GPU can bind. */
export const narrowSplits = (graph: Graph): Graph =>
  graph.nodes.some(isWide)
    ? rewrite(
        graph,
        (node, [x], target) => {
          if (!isWide(node)) return undefined
          const axis = node.attributes.axis as number
          const sizes = node.outputs.map(({ shape }) => shape.at(axis) as number)
          return target.within(node.name, () => cut(x as Value, sizes, axis))
        },
        identity,
      )
    : graph

const isWide = ({ op, outputs }: Graph['nodes'][number]): boolean => op === Split && outputs.length > MOST_PIECES

function cut(x: Value, sizes: readonly number[], axis: number): Value[] {
  if (sizes.length === 1) return [x]
  const perPart = Math.ceil(sizes.length / MOST_PIECES)
  if (perPart === 1) return split(x, sizes, axis)
  const parts: number[][] = []
  for (let i = 0; i < sizes.length; i += perPart) parts.push(sizes.slice(i, i + perPart))
  const whole = parts.map(part => part.reduce((sum, size) => sum + size, 0))
  return split(x, whole, axis).flatMap((piece, i) => cut(piece, parts[i]!, axis))
}
