import { FoveaError } from '../../core/errors.js'
import { type Dim, sizeOf } from '../../core/shape.js'
import { tensor } from '../../core/tensor.js'
import { type ImageSet, imageSizeBytes } from '../../data/image-set.js'
import { Graph, type Value } from '../../onnx/ir.js'
import { encodeModel } from '../../onnx/protobuf/index.js'
import { copyInto, liveNodes, type Mapping } from '../../onnx/rewrite.js'
import { createSession } from '../../runtime/node.js'
import { Histogram } from './histogram.js'
import { type Range, type RangeOptions, rangeOf } from './ranges.js'

export interface CollectOptions {
  threads?: number
  onProgress?: (done: number, total: number) => void
}

export interface CalibrateOptions extends CollectOptions, Partial<RangeOptions> {}

/** [min, max] of a value, by the value's name. */
export type Ranges = ReadonlyMap<string, Range>

/**
 * The range of every float value that depends on the images. `graph` is an inference graph in operators that the
 * runtime knows, from one uint8 input [N, C, H, W]; fold batch normalisation first, or its inputs are measured in vain.
 */
export async function calibrate(
  graph: Graph,
  images: ImageSet,
  { method = 'mse', percentile, ...options }: CalibrateOptions = {},
): Promise<Ranges> {
  const histograms = await collectHistograms(graph, images, options)
  const range = { method, ...(percentile === undefined ? {} : { percentile }) }
  return new Map([...histograms].map(([name, histogram]) => [name, rangeOf(histogram, range)]))
}

/** How the elements of every float value that depends on the images are distributed; memory does not grow with them. */
export async function collectHistograms(
  graph: Graph,
  images: ImageSet,
  { threads, onProgress }: CollectOptions = {},
): Promise<Map<string, Histogram>> {
  const input = checkInput(graph, images)
  const { exposed, names, floatsPerImage } = exposeValues(graph, input)
  const histograms = new Map(Array.from(names.values(), name => [name, new Histogram()]))
  const batchSize = batchOf(input.shape[0]!, images, floatsPerImage)
  const session = await createSession(encodeModel(exposed), {
    keepMemory: false,
    ...(threads === undefined ? {} : { threads }),
  })
  try {
    const size = imageSizeBytes(images.shape)
    for (let from = 0; from < images.count; from += batchSize) {
      const n = Math.min(batchSize, images.count - from)
      // A copy: the runtime refuses memory that threads share.
      const bytes = images.images.slice(from * size, (from + n) * size)
      const results = await session.run({ [input.name]: tensor('uint8', [n, ...images.shape], bytes) })
      for (const [output, name] of names) histograms.get(name)!.add(results[output]!.data as Float32Array, name)
      onProgress?.(from + n, images.count)
    }
  } finally {
    await session.release()
  }
  return histograms
}

function checkInput(graph: Graph, images: ImageSet): Value {
  const [input] = graph.inputs
  if (graph.inputs.length !== 1 || input?.dtype !== 'uint8' || input.shape.length !== 4)
    throw new FoveaError({
      where: `calibration of graph '${graph.name}'`,
      expected: 'one input of uint8 [N, channels, height, width]',
      received: graph.inputs.map(({ name, dtype, shape }) => `${name}: ${dtype} [${shape.join(', ')}]`).join('; '),
    })
  if (images.shape.some((dim, i) => dim !== input.shape[i + 1]))
    throw new FoveaError({
      where: `calibration on '${images.name}'`,
      expected: `images of [${input.shape.slice(1).join(', ')}]`,
      received: `[${images.shape.join(', ')}]`,
      fix: 'give the data in the size of the classifier',
    })
  return input
}

/** The graph with every float value that depends on the input as an output; `names` from output to value of `graph`. */
function exposeValues(graph: Graph, input: Value) {
  const exposed = new Graph(graph.name)
  const mapping: Mapping = new Map([[input, exposed.input(input.name, input.dtype, input.shape)]])
  const nodes = liveNodes(graph)
  copyInto(nodes, exposed, mapping)
  const dependent = new Set<Value>([input])
  const names = new Map<string, string>()
  let floatsPerImage = 0
  for (const node of nodes) {
    if (!node.inputs.some(value => value && dependent.has(value))) continue
    for (const value of node.outputs) {
      dependent.add(value)
      if (value.dtype !== 'float32') continue
      names.set(exposed.output(mapping.get(value)!).name, value.name)
      floatsPerImage += sizeOf(value.shape.map(dim => (typeof dim === 'number' ? dim : 1)))
    }
  }
  return { exposed, names, floatsPerImage }
}

/** 256 MB of values at a time, and no more than 32 images. */
const FLOATS_AT_A_TIME = 2 ** 26
const LARGEST_BATCH = 32

/** Images in one run of the graph whose first dimension is `dim`. */
export function batchOf(dim: Dim, images: ImageSet, floatsPerImage: number): number {
  if (typeof dim === 'string') {
    const fitting = Math.floor(FLOATS_AT_A_TIME / Math.max(1, floatsPerImage))
    return Math.min(Math.max(1, fitting), LARGEST_BATCH, images.count)
  }
  if (images.count % dim === 0) return dim
  throw new FoveaError({
    where: `calibration on '${images.name}'`,
    expected: `a multiple of ${dim}, the number of images that the graph takes`,
    received: `${images.count} images`,
  })
}
