import type { DType } from '../core/dtype.js'
import type { Dim } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'

export type Device = 'cpu' | 'webgpu' | 'cuda'
export type Tensors = Readonly<Record<string, Tensor>>

/** An input or output of a compiled graph; a dimension with a name is fixed only by what is fed. */
export interface Port {
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly Dim[]
}

/**
 * A graph compiled for a device. Make one and keep it: onnxruntime-node does not give all native memory back on
 * `release` (microsoft/onnxruntime#25325, some 60 MB per session of a mid-sized network), so a loop that creates
 * sessions belongs into a process that ends.
 */
export interface Session {
  readonly device: Device
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  /**
   * Runs the graph. Feeds are read where they lie. With `fetches` only the named outputs are computed, each written
   * into the tensor given for it, which is also the one returned; without, every output comes in fresh memory. On
   * onnxruntime-node the call occupies its thread until the result is there, and each output costs one copy in either
   * form, which the binding makes for a result of its own (measured: 12 MB fetched, 2.4 ms beside a run of 0.9 ms).
   */
  run(feeds: Tensors, fetches?: Tensors): Promise<Record<string, Tensor>>
  release(): Promise<void>
}

export type Optimization = 'disabled' | 'basic' | 'extended' | 'all'

export interface SessionOptions {
  /** Default 'cpu'. A device that is not there is an error, never another device. */
  device?: Device
  /** Threads inside one operator; default: one per core. */
  threads?: number
  /** How far the runtime rewrites the graph on its own (default 'all'). */
  optimization?: Optimization
  /**
   * Default true: the runtime may move transpositions, so that some cancel in graphs that others wrote. false, for a
   * graph whose author has put each where it costs least.
   */
  moveTransposes?: boolean
  /**
   * What happens to single operators that a GPU has no kernel for (integer shapes, mostly): 'allow' (default) runs
   * them on the CPU, with copies around them; 'refuse' refuses the graph. `profileModel` shows where each node ran.
   */
  cpuNodes?: 'allow' | 'refuse'
  /**
   * Default true: what a run took stays with the session, and from its second run on all values lie in one block
   * planned in the first: some percent faster. false, for a session that runs now and then: no plan, and the memory
   * goes back after each run.
   */
  keepMemory?: boolean
  /** Path of a file that the runtime writes the graph to as it rewrote it: shows what it fused. */
  optimizedModel?: string
  /** Path prefix of a file that the runtime writes its own profile to on `release`; see `profileModel`. */
  profile?: string
}
