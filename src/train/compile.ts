import { expandComposites } from '../lower/expand-composites.js'
import type { Graph } from '../onnx/ir.js'
import { encodeModel } from '../onnx/protobuf/index.js'
import { createSession } from '../runtime/node.js'
import type { Device, Session } from '../runtime/session.js'

export interface Machine {
  device: Device
  threads: number
}

/** A graph made ready for a device: lowered, encoded, compiled. */
export async function compile(graph: Graph, { device, threads }: Machine): Promise<Session> {
  return createSession(encodeModel(expandComposites(graph)), { device, threads })
}
