import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FoveaError } from '../core/errors.js'
import { createSession } from './node.js'
import type { SessionOptions, Tensors } from './session.js'

export interface NodeProfile {
  /** Path of the node, as in the graph (the runtime gives its own names to nodes that it fuses). */
  name: string
  op: string
  /** Where it ran: 'CPUExecutionProvider', 'WebGpuExecutionProvider', ... */
  provider: string
  medianMs: number
  /** Part of the time of all nodes, 0 to 1. */
  share: number
  /** As the runtime writes them: 'float[64,32,32,32]'. */
  inputs: readonly string[]
  outputs: readonly string[]
}

export interface Profile {
  runs: number
  /** Median time of a whole run, the cost of profiling included. */
  medianRunMs: number
  /** The slowest first. */
  nodes: readonly NodeProfile[]
}

export interface ProfileOptions extends Omit<SessionOptions, 'profile'> {
  /** Measured runs (default 10). */
  runs?: number
  /** Runs before them that are not counted: memory is still being claimed (default 3). */
  warmup?: number
}

/** Runs `model` under the runtime's profiler and says what each node costs. */
export async function profileModel(model: Uint8Array, feeds: Tensors, options: ProfileOptions = {}): Promise<Profile> {
  const { runs = 10, warmup = 3, ...session } = options
  const folder = await mkdtemp(join(tmpdir(), 'fovea-profile-'))
  try {
    const compiled = await createSession(model, { ...session, profile: join(folder, 'profile') })
    const durations: number[] = []
    try {
      for (let i = 0; i < warmup + runs; i++) {
        const start = performance.now()
        await compiled.run(feeds)
        if (i >= warmup) durations.push(performance.now() - start)
      }
    } finally {
      await compiled.release()
    }
    return { runs, medianRunMs: median(durations), nodes: await readProfile(folder, runs) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What the last `runs` runs of the session cost that wrote its profile, the only one, into `folder`. */
export async function readProfile(folder: string, runs: number): Promise<NodeProfile[]> {
  const [file] = await readdir(folder)
  if (!file) throw new FoveaError({ where: 'profile', expected: 'a profile of the runtime', received: 'none' })
  return summarise(JSON.parse(await readFile(join(folder, file), 'utf8')) as ProfileEvent[], runs)
}

interface ProfileEvent {
  cat: string
  name: string
  /** Microseconds. */
  dur: number
  args?: { op_name?: string; provider?: string; input_type_shape?: Shapes; output_type_shape?: Shapes }
}
type Shapes = readonly Record<string, readonly number[]>[]

const KERNEL = '_kernel_time'

/** Medians over the last `runs` executions of each node. */
export function summarise(events: readonly ProfileEvent[], runs: number): NodeProfile[] {
  const byName = new Map<string, ProfileEvent[]>()
  for (const event of events) {
    if (event.cat !== 'Node' || !event.name.endsWith(KERNEL)) continue
    const list = byName.get(event.name)
    if (list) list.push(event)
    else byName.set(event.name, [event])
  }
  const medians = [...byName].map(([name, list]) => {
    const { op_name = '', provider = '', input_type_shape = [], output_type_shape = [] } = list.at(-1)!.args ?? {}
    return {
      name: name.slice(0, -KERNEL.length),
      op: op_name,
      provider,
      medianMs: median(list.slice(-runs).map(event => event.dur / 1000)),
      inputs: input_type_shape.flatMap(describe),
      outputs: output_type_shape.flatMap(describe),
    }
  })
  const total = medians.reduce((sum, node) => sum + node.medianMs, 0)
  return medians
    .map(node => ({ ...node, share: total > 0 ? node.medianMs / total : 0 }))
    .sort((a, b) => b.medianMs - a.medianMs)
}

const describe = (shape: Record<string, readonly number[]>): string[] =>
  Object.entries(shape).map(([type, dims]) => `${type}[${dims.join(',')}]`)

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}
