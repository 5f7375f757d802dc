import { sameShape, sizeOf } from '../../core/shape.js'
import { float32, tensor } from '../../core/tensor.js'
import { type ImageSet, imageSizeBytes } from '../../data/image-set.js'
import { Graph, type Node, type Value } from '../../onnx/ir.js'
import { encodeModel } from '../../onnx/protobuf/index.js'
import { copyInto, liveNodes, type Mapping } from '../../onnx/rewrite.js'
import { add } from '../../ops/add.js'
import { Conv, conv } from '../../ops/conv.js'
import { matMul } from '../../ops/mat-mul.js'
import { reshape } from '../../ops/reshape.js'
import { swapLast, transpose } from '../../ops/transpose.js'
import { createSession } from '../../runtime/node.js'
import { batchOf, type CollectOptions } from './calibrate.js'
import { pixelForm } from './pixels.js'
import { type QuantizationPlan, type QuantizedLayer, readsPixels } from './plan.js'

/** Σ x xᵀ of the vectors x that a layer's filters are multiplied with. */
export interface InputProducts {
  /**
   * Length K of a vector: inputs of a filter, in the order of the weights. Of pixels without the channel of one constant
   * that their bytes may get: that one is no matter of chance.
   */
  length: number
  /** [groups, K, K]: a convolution of several groups multiplies each with filters of its own. */
  sums: Float32Array
  /** How many vectors, all images and places together. */
  count: number
}

/** Products of one session at most, 256 MB of them. */
const NUMBERS_AT_A_TIME = 2 ** 26

/**
 * The products of the inputs of layers over the images, some layers at a time; none of a layer with more inputs than there
 * are vectors to know them by. Batches are of one size: images that do not fill the last one are left out.
 */
export async function* inputProducts(
  plan: QuantizationPlan,
  images: ImageSet,
  { threads, onProgress }: CollectOptions = {},
): AsyncGenerator<[QuantizedLayer, InputProducts]> {
  const known = plan.layers.filter(layer => images.count * vectorsPerImage(layer) >= shapeOf(layer).length)
  const sessions = inSessions(known)
  const [input] = plan.graph.inputs
  const size = imageSizeBytes(images.shape)
  for (const [s, some] of sessions.entries()) {
    const batch = batchOf(
      input!.shape[0]!,
      images,
      some.reduce((sum, layer) => sum + 3 * numbersPerImage(layer), 0),
    )
    const session = await createSession(encodeModel(withProducts(plan, some, batch)), {
      keepMemory: false,
      ...(threads === undefined ? {} : { threads }),
    })
    const sums: Float32Array[] = []
    const batches = Math.floor(images.count / batch)
    try {
      for (let b = 0; b < batches; b++) {
        const bytes = images.images.slice(b * batch * size, (b + 1) * batch * size)
        const results = await session.run({ [input!.name]: tensor('uint8', [batch, ...images.shape], bytes) })
        some.forEach((_, i) => {
          const part = results[outputName(i)]!.data as Float32Array
          const sum = (sums[i] ??= new Float32Array(part.length))
          for (let j = 0; j < part.length; j++) sum[j]! += part[j]!
        })
        onProgress?.(s * batches + b + 1, sessions.length * batches)
      }
    } finally {
      await session.release()
    }
    for (const [i, layer] of some.entries())
      yield [layer, { length: shapeOf(layer).length, sums: sums[i]!, count: batches * batch * vectorsPerImage(layer) }]
  }
}

function inSessions(layers: readonly QuantizedLayer[]): QuantizedLayer[][] {
  const sessions: QuantizedLayer[][] = []
  let room = 0
  for (const layer of layers) {
    const { groups, length } = shapeOf(layer)
    const numbers = groups * length * length
    if (sessions.length === 0 || numbers > room) {
      sessions.push([])
      room = NUMBERS_AT_A_TIME
    }
    sessions.at(-1)!.push(layer)
    room -= numbers
  }
  return sessions
}

/** How many kinds of filters a layer has, and of how many inputs. */
export function shapeOf({ nodes: [first], weight, axis }: QuantizedLayer): { groups: number; length: number } {
  const numbers = weight.constant!.data.length
  return { groups: groupsOf(first!), length: numbers / (weight.shape[axis] as number) }
}

const groupsOf = ({ op, attributes }: Node): number => (op === Conv ? (attributes.group as number) : 1)

const outputName = (layer: number): string => `products/${layer}`

/** The graph for so many images, with the products of these layers as its outputs. */
function withProducts(plan: QuantizationPlan, layers: readonly QuantizedLayer[], batch: number): Graph {
  const { graph } = plan
  const form = plan.pixels && pixelForm(plan.pixels)
  const measuring = new Graph(graph.name)
  const [input] = graph.inputs
  const shape = [batch, ...input!.shape.slice(1)]
  const mapping: Mapping = new Map([[input!, measuring.input(input!.name, input!.dtype, shape)]])
  copyInto(liveNodes(graph), measuring, mapping)
  for (const [i, layer] of layers.entries()) {
    const { groups, length } = shapeOf(layer)
    const products = layer.nodes.map(node => {
      const x = mapping.get(node.inputs[0]!)!
      const columns = columnsOf(readsPixels(plan, layer) ? form!.numbers(x) : x, node)
      const rows = reshape(columns, [groups, length, sizeOf(columns.shape as number[]) / (groups * length)])
      return matMul(rows, swapLast(rows))
    })
    measuring.output(
      products.reduce((sum, part) => add(sum, part)),
      outputName(i),
    )
  }
  return measuring
}

/** Vectors of one image: places of a convolution, tokens of a dense layer. */
const placesOf = ({ op, outputs }: Node): number =>
  sizeOf(outputs[0]!.shape.slice(...(op === Conv ? [2] : [1, -1])) as number[])

const vectorsPerImage = ({ nodes }: QuantizedLayer): number => nodes.reduce((sum, node) => sum + placesOf(node), 0)

function numbersPerImage(layer: QuantizedLayer): number {
  const { groups, length } = shapeOf(layer)
  return groups * length * vectorsPerImage(layer)
}

/** What the filters of a layer are multiplied with, one row for each input of a filter: [groups · K, N · places]. */
function columnsOf(x: Value, node: Node): Value {
  if (node.op !== Conv) {
    const length = x.shape.at(-1) as number
    return swapLast(reshape(x, [sizeOf(x.shape as number[]) / length, length]))
  }
  const [channels, window] = [x.shape[1] as number, node.inputs[1]!.shape.slice(2) as number[]]
  const taps = sizeOf(window)
  // Every tap of the window as a channel of its own: a filter of one 1.
  const one = new Float32Array(channels * taps * taps)
  for (let c = 0; c < channels * taps; c++) one[c * taps + (c % taps)] = 1
  const filters = x.graph.constant(float32(one, [channels * taps, 1, ...window]))
  return transpose(
    taps === 1 && sameShape(x.shape.slice(2), node.outputs[0]!.shape.slice(2))
      ? x
      : conv(x, filters, undefined, { ...node.attributes, group: channels }),
    [1, 0, 2, 3],
  )
}
