import type { Classifier } from '../../../classifier/classifier.js'
import type { Ends } from './emit.js'
import { FlatbufferWriter, int8Field, offsetField } from './flatbuffer.js'

/** Name of the buffer that holds the description of a model for TensorFlow Lite's task libraries. */
export const METADATA_BUFFER = 'TFLITE_METADATA'
const IDENTIFIER = 'M001'
export const LABELS_FILE = 'labels.txt'

/** Slots and numbers of the metadata format. */
const MODEL = { name: 0, description: 1, version: 2, subgraphs: 3, parser: 7 }
const SUBGRAPH = { inputs: 2, outputs: 3 }
const TENSOR = { name: 0, description: 1, content: 3, processUnits: 4, stats: 5, files: 6 }
const CONTENT = { type: 0, properties: 1 }
const IMAGE_PROPERTIES = 2
const FEATURE_PROPERTIES = 1
const COLOURS = { RGB: 1, GRAYSCALE: 2 }
const FILE = { name: 0, description: 1, type: 2 }
const AXIS_LABELS = 2
const UNIT = { type: 0, options: 1 }
const NORMALIZATION = 1

/** One line a class. */
export const labelsText = ({ classNames }: Classifier): string =>
  classNames.map(name => `${name.replace(/[\r\n]+/g, ' ')}\n`).join('')

/**
 * What the model wants and gives, in the form that TensorFlow Lite's task libraries read. The pre-processing is in the
 * graph: readers subtract 0 and divide by 1, but for int8 inputs, which are bytes minus 128.
 */
export function metadataOf(classifier: Classifier, description: string, ends: Ends): Uint8Array {
  const writer = new FlatbufferWriter()
  const { inputShape, classNames, provenance } = classifier
  const vector = (table: number) => writer.offsets([table])
  const content = (type: number, properties: number) =>
    writer.table({ [CONTENT.type]: int8Field(type), [CONTENT.properties]: offsetField(properties) })
  const normalization = writer.table({ 0: writer.floats([0]), 1: writer.floats([1]) })
  const unit = writer.table({ [UNIT.type]: int8Field(NORMALIZATION), [UNIT.options]: offsetField(normalization) })
  const colours = inputShape[0] === 1 ? COLOURS.GRAYSCALE : COLOURS.RGB
  const image = content(IMAGE_PROPERTIES, writer.table({ 0: int8Field(colours) }))
  const stats = writer.table({ 0: writer.floats([255]), 1: writer.floats([0]) })
  const bytes = ends === 'int8' ? 'each byte minus 128' : 'each byte 0..255 as it is'
  const input = writer.table({
    [TENSOR.name]: writer.string('images'),
    [TENSOR.description]: writer.string(
      `Image [${inputShape[1]}, ${inputShape[2]}, ${inputShape[0]}], ${bytes}; the pre-processing is in the model.`,
    ),
    [TENSOR.content]: offsetField(image),
    [TENSOR.processUnits]: vector(unit),
    [TENSOR.stats]: offsetField(stats),
  })
  const labels = writer.table({
    [FILE.name]: writer.string(LABELS_FILE),
    [FILE.description]: writer.string('Names of the classes, one a line, in the order of the probabilities.'),
    [FILE.type]: int8Field(AXIS_LABELS),
  })
  const output = writer.table({
    [TENSOR.name]: writer.string('probabilities'),
    [TENSOR.description]: writer.string(`Probability of each of ${classNames.length} classes.`),
    [TENSOR.content]: offsetField(content(FEATURE_PROPERTIES, writer.table({}))),
    [TENSOR.files]: vector(labels),
  })
  const subgraph = writer.table({ [SUBGRAPH.inputs]: vector(input), [SUBGRAPH.outputs]: vector(output) })
  const root = writer.table({
    [MODEL.name]: writer.string(provenance.recipe ?? 'image classifier'),
    [MODEL.description]: writer.string(description),
    [MODEL.version]: writer.string(`fovea ${provenance.versions?.fovea ?? ''}`.trim()),
    [MODEL.subgraphs]: vector(subgraph),
    [MODEL.parser]: writer.string('1.0.0'),
  })
  return writer.finish(root, IDENTIFIER)
}
