import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tensor } from '../../src/core/tensor.js'
import { expandComposites } from '../../src/lower/expand-composites.js'
import { Graph } from '../../src/onnx/ir.js'
import { decodeModel, encodeModel, scanModel } from '../../src/onnx/protobuf/index.js'
import { identity } from '../../src/ops/identity.js'
import { operators } from '../../src/ops/index.js'
import { build } from '../unit/ops/case-graph.js'
import { allCases } from '../unit/ops/tables.js'
import { python } from './python.js'
import { runScript } from './run-script.js'

const interpreter = python()
if (interpreter.missing !== undefined) console.log(`skipped, onnx checker: ${interpreter.missing}`)

const run = (action: 'check' | 'write' | 'same', folder: string): Record<string, string> => {
  const output = runScript(interpreter.path!, 'onnx_checker.py', [action, folder])
  return output ? (JSON.parse(output) as Record<string, string>) : {}
}

/**
 * Until operator set 22 the standard's shape rule kept a last window that lies wholly in the padding, although ONNX
 * Runtime drops it in every version, as the rule since then and ours do.
 */
const opsetOf = (title: string): number => (title.includes('drops a window beyond the image') ? 22 : 20)

describe.skipIf(interpreter.missing !== undefined)('the onnx package', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fovea-onnx-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('accepts, types and all, every case of every operator as Fovea writes it', () => {
    const titles = new Map<string, string>()
    for (const [i, c] of allCases.entries()) {
      if (c.noRuntime) continue
      const { graph, outputs } = build(c, 'float32', c.batch ? 'N' : undefined)
      for (const output of outputs) graph.output(output)
      const file = encodeModel(expandComposites(graph), { opset: opsetOf(c.title), metadata: { case: c.title } })
      const name = `${String(i).padStart(4, '0')}.onnx`
      writeFileSync(join(folder, name), file)
      titles.set(name, `${c.op.name}, ${c.title}`)
    }
    const complaints = Object.entries(run('check', folder)).map(([name, why]) => `${titles.get(name)}: ${why}`)
    expect(complaints).toEqual([])
    expect(titles.size).toBeGreaterThan(100)
  })

  it('would complain about a wrong type (planted)', () => {
    const graph = new Graph('wrong')
    const x = graph.input('x', 'float32', [2, 3])
    const lying = { ...identity(x).producer!.op, infer: () => [{ dtype: 'float32' as const, shape: [3, 2] }] }
    graph.output(graph.add(lying, [x]), 'y')
    writeFileSync(join(folder, 'wrong.onnx'), encodeModel(graph))
    expect(run('check', folder)).toHaveProperty(['wrong.onnx'])
  })

  it('writes files, in every form of tensor data, that Fovea reads and writes again without a change', () => {
    run('write', folder)
    const files = readdirSync(folder)
    expect(files.length).toBe(4)
    for (const name of files) {
      const file = readFileSync(join(folder, name))
      const decoded = decodeModel(file, { operators })
      const again = encodeModel(decoded.graph, decoded)
      writeFileSync(join(folder, name.replace('.onnx', '.again')), again)
      const twice = decodeModel(again, { operators })
      expect(Buffer.compare(encodeModel(twice.graph, twice), again)).toBe(0)
      expect(scanModel(file).outputs.length).toBe(decoded.graph.outputs.length)
    }
    expect(run('same', folder)).toEqual({})
  })

  it('would see a changed weight (planted)', () => {
    run('write', folder)
    for (const name of readdirSync(folder)) {
      const decoded = decodeModel(readFileSync(join(folder, name)), { operators })
      const [first] = [...decoded.graph.initializers.keys()]
      const { dtype, shape } = decoded.graph.initializers.get(first!)!
      decoded.graph.initializers.set(first!, tensor(dtype, shape))
      writeFileSync(join(folder, name.replace('.onnx', '.again')), encodeModel(decoded.graph, decoded))
    }
    expect(Object.keys(run('same', folder)).length).toBe(4)
  })
})
