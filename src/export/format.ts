import type { Classifier } from '../classifier/classifier.js'
import type { ImageSet } from '../data/image-set.js'

/** Numbers in the artefact: float32; float16; 8-bit integers. What exactly is stored and computed so is the format's. */
export type Precision = 'fp32' | 'fp16' | 'int8'
/** Order of the image input: channels first or last. */
export type Layout = 'nchw' | 'nhwc'

/** What a format is asked for; a flag that means nothing to it was refused before. */
export interface WriteOptions {
  precision: Precision
  layout: Layout
  /** Images in every call; without it any number. */
  fixedBatch?: number
  /** Version of the ONNX operator set. */
  opset?: number
  /** Numbers at both ends of the artefact: bytes in (the default), floats 0..255 in, or int8 in and out. */
  io?: 'uint8' | 'float' | 'int8'
  /** Images to find ranges of activations with, from the training split; asked for by formats that quantise. */
  calibration?: () => Promise<ImageSet>
}

export interface ExportedFile {
  /** Name inside the artefact's directory; '/' separates folders. */
  path: string
  content: Uint8Array
}

/** An artefact opened in the runtime that its users have. */
export interface ArtefactRuntime {
  /** Name and version, for the report. */
  readonly name: string
  /** Images in every call, where the artefact fixes it. */
  readonly fixedBatch?: number | undefined
  /** Probabilities, float32 [count, K] row-major, of uint8 [count, C, H, W]. Brings the images to its own layout. */
  predict(images: Uint8Array, count: number): Promise<Float32Array>
  close(): Promise<void>
}

/** One format that a classifier leaves in. */
export interface ExportFormat {
  readonly name: string
  /** For help: one phrase. */
  readonly description: string
  readonly precisions: readonly Precision[]
  /** The first is the default. */
  readonly layouts: readonly Layout[]
  /** Which of the optional choices the format has. */
  readonly choices: readonly ('fixedBatch' | 'opset' | 'io')[]
  /**
   * The files of the artefact. Writes nothing itself, so that nothing is there when an operator cannot be expressed.
   * @throws FoveaError naming the layer of an operator that the format has no form for
   */
  write(classifier: Classifier, options: WriteOptions): Promise<ExportedFile[]>
  /** Opens the files as they lie in `directory`. */
  openRuntime(directory: string, classifier: Classifier, options: WriteOptions): Promise<ArtefactRuntime>
}
