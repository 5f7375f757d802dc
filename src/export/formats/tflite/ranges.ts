import { calibrate } from '../../../compress/quantize/calibrate.js'
import type { ImageSet } from '../../../data/image-set.js'
import { Graph, type Value } from '../../../onnx/ir.js'
import { copyInto, copyNode, liveNodes, type Mapping } from '../../../onnx/rewrite.js'
import { transpose } from '../../../ops/transpose.js'
import type { Range } from './integers.js'

/** The range of every float value of a channels-last graph over images [N, C, H, W]. */
export async function rangesOf(graph: Graph, images: ImageSet): Promise<Map<Value, Range>> {
  const measured = new Graph(graph.name)
  const [input] = graph.inputs as [Value]
  const [n, h, w, c] = input.shape as [number | string, number, number, number]
  const mapping: Mapping = new Map([
    [input, transpose(measured.input(input.name, input.dtype, [n, c, h, w]), [0, 2, 3, 1])],
  ])
  const nodes = liveNodes(graph)
  // In operators that the runtime knows.
  copyInto(nodes, measured, mapping, (node, inputs) => {
    const { expand } = node.op
    return expand ? measured.within(node.name, () => expand(node, inputs as never)) : copyNode(node, inputs, measured)
  })
  measured.output(mapping.get(graph.outputs[0]!)!)
  const ranges = await calibrate(measured, images)
  const values = nodes.flatMap(node => node.outputs)
  return new Map(
    values.flatMap(value => {
      const range = ranges.get(mapping.get(value)!.name)
      return range ? [[value, range] as const] : []
    }),
  )
}
