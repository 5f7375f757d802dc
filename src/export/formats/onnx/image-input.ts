import { Graph } from '../../../onnx/ir.js'
import { copyInto, liveNodes, type Mapping } from '../../../onnx/rewrite.js'
import { identity } from '../../../ops/identity.js'
import { transpose } from '../../../ops/transpose.js'

/** The same graph with its image input [N, C, H, W] as [N, H, W, C]: the order in which cameras and decoders give it. */
export function takeChannelsLast(graph: Graph): Graph {
  const target = new Graph(graph.name)
  const mapping: Mapping = new Map()
  for (const input of graph.inputs) {
    const [n, c, h, w] = input.shape
    const images = target.input(input.name, input.dtype, [n!, h!, w!, c!])
    mapping.set(
      input,
      target.within('channelsFirst', () => transpose(images, [0, 3, 1, 2])),
    )
  }
  copyInto(liveNodes(graph), target, mapping)
  for (const output of graph.outputs) {
    const image = mapping.get(output)!
    target.output(image.producer && !target.outputs.includes(image) ? image : identity(image), output.name)
  }
  return target
}
