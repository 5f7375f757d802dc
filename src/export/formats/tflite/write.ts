import type { Classifier } from '../../../classifier/classifier.js'
import { UsageError } from '../../../core/errors.js'
import { specialize } from '../../../lower/specialize.js'
import type { Graph } from '../../../onnx/ir.js'
import { decodeModel } from '../../../onnx/protobuf/index.js'
import { verifyGraph } from '../../../onnx/verify.js'
import { operators } from '../../../ops/index.js'
import { channelsLast } from '../../channels-last/index.js'
import type { WriteOptions } from '../../format.js'
import { type Ends, emitModel } from './emit.js'
import { legalize } from './legalize.js'
import { LABELS_FILE, labelsText, METADATA_BUFFER, metadataOf } from './metadata.js'
import { planOperators } from './plan.js'
import { rangesOf } from './ranges.js'
import { writeModel } from './write-model.js'
import { appendZip } from './zip.js'

/** A transposed convolution says the whole size of its output, the number of images with it. */
const sizesBatch = (graph: Graph): boolean => graph.nodes.some(node => node.op.name === 'ConvTranspose')

/** The inference graph in operators that TFLite has, channels last. */
export function tfliteGraph(model: Uint8Array, fixedBatch?: number): Graph {
  const { graph } = decodeModel(model, { operators })
  const images = graph.inputs[0]!.shape[0]!
  const batch = fixedBatch ?? (sizesBatch(graph) ? 1 : undefined)
  const sized = typeof images === 'string' && batch !== undefined ? specialize(graph, { [images]: batch }) : graph
  return verifyGraph(legalize(verifyGraph(channelsLast(sized))))
}

const endsOf = ({ precision, io = 'uint8' }: WriteOptions): Ends => {
  if (io !== 'int8' || precision === 'int8') return io
  throw new UsageError({
    where: 'export to tflite',
    expected: 'integers at both ends of an int8 model alone',
    received: `--io int8 with --precision ${precision}`,
    fix: 'use --precision int8, or --io float',
  })
}

async function calibrationImages({ calibration }: WriteOptions) {
  if (calibration) return calibration()
  throw new UsageError({
    where: 'export to tflite',
    expected: 'images to find the ranges of the activations with',
    received: 'none',
    fix: 'give the data set that the classifier was trained on',
  })
}

const describe = ({ classNames, provenance }: Classifier, precision: string): string =>
  [
    `Image classifier, ${classNames.length} classes`,
    ...(provenance.recipe ? [`recipe ${provenance.recipe}`] : []),
    ...(provenance.dataset ? [`trained on ${provenance.dataset}`] : []),
    precision,
    'made by Fovea',
  ].join('; ')

/**
 * The classifier as a TFLite file: `images` [N, H, W, C] -> `probabilities` [N, K], pre-processing inside, labels and a
 * description in its metadata. Builtin operators only.
 * @throws FoveaError naming the layer of an operator that TFLite has no form for
 */
export async function writeTflite(classifier: Classifier, options: WriteOptions): Promise<Uint8Array> {
  const { precision, fixedBatch } = options
  const ends = endsOf(options)
  const graph = tfliteGraph(classifier.model, fixedBatch)
  planOperators(graph)
  const ranges = precision === 'int8' ? await rangesOf(graph, await calibrationImages(options)) : undefined
  const emitted = emitModel(graph, { precision, ends, ...(ranges ? { ranges } : {}) })
  const description = describe(classifier, precision)
  const metadata = [{ name: METADATA_BUFFER, data: metadataOf(classifier, description, ends) }]
  const labels = { name: LABELS_FILE, data: new TextEncoder().encode(labelsText(classifier)) }
  return appendZip(writeModel({ ...emitted, description, metadata }), [labels])
}
