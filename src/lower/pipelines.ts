import type { Graph, Node } from '../onnx/ir.js'
import { liveNodes, rewrite } from '../onnx/rewrite.js'
import { identity } from '../ops/identity.js'
import { lowerToBlocked } from './blocked.js'
import { expandComposites } from './expand-composites.js'
import { fuseMatMul } from './fuse-mat-mul.js'
import { halfCompute } from './half-compute.js'
import { lowerMasks } from './masks.js'
import { narrowSplits } from './narrow-splits.js'
import { positiveThroughMaxPool } from './positive-through-max-pool.js'
import { withoutTrailingOnes } from './trailing-ones.js'

export interface LoweringTarget {
  device: 'cpu' | 'webgpu' | 'cuda'
  /** Channels in a block of this CPU's convolutions; 0: it has none. */
  blockSize: number
  /** Which products are computed in float16; weights, sums and results stay float32. Default: none. */
  halfProducts?: ((node: Node) => boolean) | undefined
}

/** A named step from graph to graph. */
export interface Pass {
  name: string
  /** Why it is there. */
  reason: string
  apply(graph: Graph, target: LoweringTarget): Graph
}

const removeDead: Pass = {
  name: 'remove-dead',
  reason: 'gradients and fusions leave nodes behind that nothing reads',
  apply: graph => (liveNodes(graph).length === graph.nodes.length ? graph : rewrite(graph, undefined, identity)),
}

const portable: Pass = {
  name: 'expand-composites',
  reason: 'the rest must be operators that every runtime knows',
  apply: expandComposites,
}

const flat: Pass = {
  name: 'trailing-ones',
  reason: 'the runtime multiplies a tensor whose last axis is 1 by a number one element at a time',
  apply: graph => withoutTrailingOnes(graph),
}

/** In order. Portable devices take the standard forms. */
export const pipelines: Record<'blocked' | 'portable', readonly Pass[]> = {
  blocked: [
    {
      name: 'positive-through-max-pool',
      reason: 'the mask of a ReLU before max pooling costs a quarter when applied to the pooled gradient',
      apply: positiveThroughMaxPool,
    },
    {
      name: 'blocked-layout',
      reason: "ONNX Runtime's fastest CPU convolutions read and write blocked images",
      apply: (graph, { blockSize }) => lowerToBlocked(graph, blockSize).graph,
    },
    {
      name: 'masks',
      reason: 'comparisons and casts of bools are scalar loops on the CPU',
      apply: (graph, { blockSize }) => lowerMasks(graph, blockSize),
    },
    portable,
    { name: 'fuse-mat-mul', reason: 'a transposed matrix need not be written', apply: fuseMatMul },
    flat,
    removeDead,
  ],
  portable: [
    portable,
    flat,
    {
      name: 'half-compute',
      reason: 'mixed precision: products in float16, where the target asks for them',
      apply: (graph, { halfProducts }) => (halfProducts ? halfCompute(graph, halfProducts) : graph),
    },
    {
      name: 'narrow-splits',
      reason: 'a WebGPU shader binds one buffer for every piece of a Split, and few in all',
      apply: (graph, { device }) => (device === 'webgpu' ? narrowSplits(graph) : graph),
    },
    removeDead,
  ],
}

/** The same numbers in less time on `target`. */
export function lowerFor(graph: Graph, target: LoweringTarget): Graph {
  // The blocked kernels know float32 only.
  const blocked = target.device === 'cpu' && target.blockSize > 0 && !target.halfProducts
  const passes = blocked ? pipelines.blocked : pipelines.portable
  return passes.reduce((current, pass) => pass.apply(current, target), graph)
}
