import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { gradients } from '../../src/autodiff/gradients.js'
import { type RandomStream, randomStream } from '../../src/core/random.js'
import { sizeOf } from '../../src/core/shape.js'
import { tensor } from '../../src/core/tensor.js'
import { expandComposites } from '../../src/lower/expand-composites.js'
import { Graph } from '../../src/onnx/ir.js'
import type { Numbers } from '../../src/onnx/operator.js'
import { evaluateGraph } from '../../src/ops/evaluate-graph.js'
import { identity } from '../../src/ops/identity.js'
import { mul } from '../../src/ops/mul.js'
import { reduceSum } from '../../src/ops/reduce-sum.js'
import { drawNumbers, draws, type TorchCase } from './ops-torch-cases.js'
import { python } from './python.js'

const SEED = 21
const TOLERANCE = 1e-11

/** A case with its graph: outputs y, then one gradient per input. */
interface Prepared {
  title: string
  drawn: TorchCase
  graph: Graph
  feeds: Record<string, Numbers>
  flow: Numbers
}
interface Result {
  output: { shape: number[]; data: number[] }
  gradients: { shape: number[]; data: number[] }[]
}

function prepare(title: string, drawn: TorchCase, r: RandomStream): Prepared {
  const graph = new Graph(title)
  const feeds: Record<string, Numbers> = {}
  const inputs = drawn.shapes.map((shape, i) => {
    feeds[`input_${i}`] = drawNumbers(r, drawn, i)
    return graph.input(`input_${i}`, 'float64', shape)
  })
  const y = graph.addMany(drawn.op, inputs, drawn.attributes, { outputs: drawn.outputs ?? 1 })[0]!
  const shape = y.shape as number[]
  const flow = { shape, data: Float64Array.from({ length: sizeOf(shape) }, () => r.uniform(-1, 1)) }
  const weights = graph.initializer('flow', tensor('float64', shape, flow.data))
  const loss = reduceSum(mul(y, weights), undefined, false)
  for (const value of [y, ...gradients(loss, inputs)]) graph.output(identity(value))
  return { title, drawn, graph, feeds, flow }
}

const allCases = draws.flatMap(({ op, count, draw }) =>
  Array.from({ length: count }, (_, i) => {
    // A window of dilated taps may fall into padding entirely, where a maximum is -Infinity: drawn again.
    for (let attempt = 0; ; attempt++) {
      const r = randomStream(SEED, op.name, i, attempt)
      const prepared = prepare(`${op.name} ${i}`, draw(r), r)
      const [y] = outputsOf(prepared.graph, prepared.feeds)
      if (y!.data.every(Number.isFinite)) return prepared
    }
  }),
)

function outputsOf(graph: Graph, feeds: Record<string, Numbers>): Numbers[] {
  const known = evaluateGraph(graph, feeds)
  return graph.outputs.map(output => known.get(output)!)
}

const plain = ({ shape, data }: Numbers) => ({ shape, data: Array.from(data) })

function runTorch(interpreter: string): { torch: string; results: Result[] } {
  const folder = mkdtempSync(join(tmpdir(), 'fovea-ops-torch-'))
  try {
    const cases = allCases.map(({ title, drawn, feeds, flow }) => ({
      title,
      kind: drawn.op.name,
      inputs: Object.values(feeds).map(plain),
      options: drawn.attributes,
      flow: plain(flow),
    }))
    writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases))
    const script = fileURLToPath(new URL('./ops_torch.py', import.meta.url))
    const files = [join(folder, 'cases.json'), join(folder, 'results.json')]
    const { status, stderr } = spawnSync(interpreter, [script, ...files], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`ops_torch.py failed: ${stderr}`)
    return JSON.parse(readFileSync(files[1]!, 'utf8')) as { torch: string; results: Result[] }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The largest difference, as a part of the largest number (or of 1). */
function distance(got: Numbers, want: { shape: number[]; data: number[] }): number {
  expect(got.shape).toEqual(want.shape)
  const scale = want.data.reduce((top, v) => Math.max(top, Math.abs(v)), 1)
  return want.data.reduce((worst, v, i) => Math.max(worst, Math.abs(v - got.data[i]!)), 0) / scale
}

const interpreter = python()
if (!interpreter.path) console.warn(`ops-torch skipped: ${interpreter.missing}`)

describe.skipIf(!interpreter.path)(`the operators against PyTorch in float64, seed ${SEED}`, () => {
  let results: Result[] = []
  beforeAll(() => {
    results = runTorch(interpreter.path!).results
  }, 300_000)

  it.each(allCases.map((prepared, i) => ({ title: prepared.title, prepared, i })))(
    '$title: output and gradients, by their meaning and by their expansion',
    ({ prepared: { graph, feeds, drawn }, i }) => {
      const wanted = [results[i]!.output, ...results[i]!.gradients]
      for (const form of [graph, expandComposites(graph)]) {
        const distances = outputsOf(form, feeds).map((got, k) => distance(got, wanted[k]!))
        const worst = Math.max(...distances)
        expect(
          worst,
          `${JSON.stringify(drawn.attributes)} on ${JSON.stringify(drawn.shapes)}: ${distances}`,
        ).toBeLessThan(TOLERANCE)
      }
    },
  )

  it('would notice a gradient that is wrong in one number', () => {
    const [y] = outputsOf(allCases[0]!.graph, allCases[0]!.feeds)
    const want = { shape: results[0]!.output.shape, data: [...results[0]!.output.data] }
    want.data[0]! += 1e-9
    expect(distance(y!, want)).toBeGreaterThan(TOLERANCE)
  })
})
