import { collectHistograms } from '../../../compress/quantize/calibrate.js'
import { calibrationImages } from '../../../compress/quantize/calibration-images.js'
import { rangeOf } from '../../../compress/quantize/ranges.js'
import type { ImageSet } from '../../../data/image-set.js'
import { Graph, type Value } from '../../../onnx/ir.js'
import { copyInto, copyNode, liveNodes, type Mapping } from '../../../onnx/rewrite.js'
import { Softmax } from '../../../ops/softmax.js'
import { transpose } from '../../../ops/transpose.js'
import type { Range } from './integers.js'

/** Images that are measured; more change the ranges little. */
const CALIBRATION_IMAGES = 512

/**
 * The range of every float value of a channels-last graph, over some of the images [N, C, H, W] with every class in equal
 * parts.
 */
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
  // The largest logit decides: cut off, however seldom, it takes the confidence with it.
  const logits = new Set(nodes.flatMap(node => (node.op === Softmax ? node.inputs : [])))
  measured.output(mapping.get(graph.outputs[0]!)!)
  const chosen = calibrationImages(images, Math.min(CALIBRATION_IMAGES, images.count))
  const histograms = await collectHistograms(measured, chosen)
  return new Map(
    nodes
      .flatMap(node => node.outputs)
      .flatMap(value => {
        const histogram = histograms.get(mapping.get(value)!.name)
        if (!histogram) return []
        return [[value, rangeOf(histogram, { method: logits.has(value) ? 'minmax' : 'mse' })] as const]
      }),
  )
}
