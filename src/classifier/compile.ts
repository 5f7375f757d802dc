import { FoveaError } from '../core/errors.js'
import { lowerFor } from '../lower/pipelines.js'
import { specialize } from '../lower/specialize.js'
import { decodeModel, encodeModel } from '../onnx/protobuf/index.js'
import { operators } from '../ops/index.js'
import { blockSize } from '../runtime/cpu-features.js'
import { createSession } from '../runtime/node.js'
import type { Session, SessionOptions } from '../runtime/session.js'
import type { Classifier } from './classifier.js'

export interface CompileOptions extends Pick<SessionOptions, 'device' | 'threads'> {
  /** Images in every call. */
  batchSize: number
}

/**
 * A session for one batch size, with the graph lowered for this machine: faster than the file as it is, for whoever
 * classifies many images. Probabilities agree with the file's to float32 rounding.
 */
export async function compileClassifier(
  classifier: Classifier,
  { batchSize, device = 'cpu', ...rest }: CompileOptions,
): Promise<Session> {
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new FoveaError({
      where: 'compileClassifier',
      expected: 'a batch size of at least 1',
      received: String(batchSize),
    })
  const { graph } = decodeModel(classifier.model, { operators })
  const fixed = specialize(
    graph,
    Object.fromEntries(
      graph.inputs.flatMap(input => input.shape.filter(dim => typeof dim === 'string').map(dim => [dim, batchSize])),
    ),
  )
  // One image leaves no work to share between transforms: the runtime's own optimizer does best there.
  const lowered = batchSize < SMALLEST_LOWERED ? fixed : lowerFor(fixed, { device, blockSize: await blockSize() })
  return createSession(encodeModel(lowered), { device, ...rest })
}

/** Measured for the seed CNN: from here on the lowered form is faster (at batch 1 it takes 1.3 times as long). */
const SMALLEST_LOWERED = 16
