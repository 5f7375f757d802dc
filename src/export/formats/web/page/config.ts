/** classifier.json: what the page has to know besides the model. Written by the export, read by the page. */
export interface PageConfig {
  classNames: string[]
  /** Pixels that the network takes. */
  height: number
  width: number
  /** ONNX file beside the page. */
  model: string
}

/** From the page to its worker: planar RGB bytes [3, height, width]. */
export interface Request {
  id: number
  pixels: Uint8Array
}

/** From the worker to the page. */
export type Reply =
  | { kind: 'ready' }
  | { kind: 'failed'; message: string }
  | { kind: 'probabilities'; id: number; probabilities: Float32Array; durationMs: number }
  | { kind: 'refused'; id: number; message: string }
