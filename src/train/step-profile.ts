import type { NodeProfile } from '../runtime/profile.js'

export interface OpProfile {
  op: string
  nodes: number
  ms: number
  /** Part of the time of all nodes, 0 to 1. */
  share: number
  /** Of what the kernel really computes; absent for operators that are not counted. */
  gflops?: number
}

export interface StepProfile {
  /** Time of all nodes of a step, ms. */
  nodesMs: number
  /** Part of it in convolutions and matrix products. */
  kernelShare: number
  /** Matrix product of 1024 x 1024 on this machine. */
  sgemmGflops: number
  /** Forward and both gradients in their direct form (6 operations for each multiply-add), over the whole step's time. */
  directGflops: number
  /** directGflops / sgemmGflops. A fast algorithm (Winograd) counts for what it replaces. */
  shareOfSgemm: number
  /** The most costly first. */
  ops: OpProfile[]
  /** The most costly first. */
  nodes: (NodeProfile & { gflops?: number })[]
}

const products = new Set(['Conv', 'MatMul', 'FusedMatMul', 'Gemm', 'FusedConv', 'FusedGemm', 'ConvTranspose'])

export function profileStep(
  nodes: readonly NodeProfile[],
  facts: { stepMs: number; batchSize: number; multiplyAdds: number; sgemmGflops: number },
): StepProfile {
  const nodesMs = nodes.reduce((sum, node) => sum + node.medianMs, 0)
  const byOp = new Map<string, NodeProfile[]>()
  for (const node of nodes) byOp.set(node.op, [...(byOp.get(node.op) ?? []), node])
  const ops = [...byOp]
    .map(([op, list]): OpProfile => {
      const ms = list.reduce((sum, node) => sum + node.medianMs, 0)
      const operations = list.reduce((sum, node) => sum + (operationsOf(node) ?? 0), 0)
      return {
        op,
        nodes: list.length,
        ms,
        share: ms / nodesMs,
        ...(operations > 0 ? { gflops: operations / ms / 1e6 } : {}),
      }
    })
    .sort((a, b) => b.ms - a.ms)
  const directGflops = (6 * facts.multiplyAdds * facts.batchSize) / facts.stepMs / 1e6
  return {
    nodesMs,
    kernelShare: ops.filter(({ op }) => products.has(op)).reduce((sum, { share }) => sum + share, 0),
    sgemmGflops: facts.sgemmGflops,
    directGflops,
    shareOfSgemm: directGflops / facts.sgemmGflops,
    ops,
    nodes: nodes.map(node => {
      const operations = operationsOf(node)
      return operations === undefined ? node : { ...node, gflops: operations / node.medianMs / 1e6 }
    }),
  }
}

const dims = (port: string | undefined): number[] =>
  (/\[(.*)\]$/.exec(port ?? '')?.[1] ?? '').split(',').filter(Boolean).map(Number)
const product = (numbers: readonly number[]): number => numbers.reduce((a, b) => a * b, 1)

/** Floating-point operations that a convolution or matrix product carries out, from its shapes. */
export function operationsOf({ op, inputs, outputs }: NodeProfile): number | undefined {
  const [a, b, y] = [dims(inputs[0]), dims(inputs[1]), dims(outputs[0])]
  if (op === 'Conv' || op === 'FusedConv') return 2 * product(y) * product(b.slice(1))
  if (op === 'ConvTranspose') return 2 * product(a) * product(b.slice(1))
  if (!products.has(op) || a.length < 2) return undefined
  // Either operand may be transposed, so the inner side is the one of A's last two that is not the output's rows.
  const [rows, columns] = a.slice(-2) as [number, number]
  return 2 * product(y) * (rows === y.at(-2) ? columns : rows)
}
