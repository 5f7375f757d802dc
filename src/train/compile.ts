import { type LoweringTarget, lowerFor } from '../lower/pipelines.js'
import type { Graph } from '../onnx/ir.js'
import { encodeModel } from '../onnx/protobuf/index.js'
import { blockSize } from '../runtime/cpu-features.js'
import { createSession } from '../runtime/node.js'
import type { Device, Session, SessionOptions } from '../runtime/session.js'

export interface Machine {
  device: Device
  threads: number
  /** Path prefix of a file for the runtime's own profile of every step. */
  profile?: string | undefined
}

/** A graph made ready for a device: lowered, encoded, compiled. */
export async function compile(
  graph: Graph,
  { device, threads, profile }: Machine,
  { halfProducts, ...options }: Pick<SessionOptions, 'keepMemory'> & Pick<LoweringTarget, 'halfProducts'> = {},
): Promise<Session> {
  const lowered = lowerFor(graph, { device, blockSize: device === 'cpu' ? await blockSize() : 0, halfProducts })
  return createSession(encodeModel(lowered), {
    device,
    threads,
    moveTransposes: false,
    ...(profile === undefined ? {} : { profile }),
    ...options,
  })
}
