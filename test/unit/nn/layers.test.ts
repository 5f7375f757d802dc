import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { gradients } from '../../../src/autodiff/gradients.js'
import { randomStream } from '../../../src/core/random.js'
import { sizeOf } from '../../../src/core/shape.js'
import { describe as describeNetwork, network } from '../../../src/nn/network.js'
import { type Layer, type Mode, type ParameterSpec, Scope } from '../../../src/nn/scope.js'
import { Graph, type Value } from '../../../src/onnx/ir.js'
import type { Numbers } from '../../../src/onnx/operator.js'
import { evaluateGraph } from '../../../src/ops/evaluate-graph.js'
import { mul } from '../../../src/ops/mul.js'
import { reduceSum } from '../../../src/ops/reduce-sum.js'
import { layerCases } from './layers.cases.js'

const BATCH = 3
const titled = layerCases.map(c => [`${c.layer}, ${c.what}`, c] as const)

const drawn = (name: string, shape: readonly number[]): Numbers => {
  const stream = randomStream(9, name)
  return { shape, data: Float64Array.from({ length: sizeOf(shape) }, () => stream.normal()) }
}

/** The layer on random numbers, in float64: its output, and the gradient of a random projection of it. */
function compute(build: Layer, input: readonly number[], mode: Mode) {
  const graph = new Graph(mode)
  const feeds: Record<string, Numbers> = {}
  const variable = (name: string, shape: readonly number[]): Value => {
    feeds[name] = drawn(name, shape)
    return graph.input(name, 'float32', shape)
  }
  const scope = new Scope(graph, mode, {
    parameter: spec => variable(spec.name, spec.shape),
    statistic: ({ name, shape, initial }) => {
      feeds[name] = { shape, data: new Float64Array(sizeOf(shape)).fill(initial) }
      return graph.input(name, 'float32', shape)
    },
  })
  const x = variable('x', [BATCH, ...input])
  const y = build(x, scope)
  for (const bytes of scope.randomBytes) {
    const shape = bytes.shape as number[]
    const stream = randomStream(4, bytes.name)
    feeds[bytes.name] = { shape, data: Float64Array.from({ length: sizeOf(shape) }, () => stream.integer(256)) }
  }
  graph.output(y.producer ? y : mul(y, graph.float(1)))
  const weights = variable('weights', y.shape as number[])
  const variables = [
    x,
    ...scope.parameters.filter(p => p.trainable).map(p => graph.inputs.find(i => i.name === p.name)!),
  ]
  const slopes = mode === 'training' ? gradients(reduceSum(mul(y, weights), undefined, false), variables) : []
  for (const slope of slopes) if (slope.producer) graph.output(slope)
  const known = evaluateGraph(graph, feeds)
  return {
    y: known.get(y)!,
    scope,
    slopes: slopes.map((slope, i) => ({ name: variables[i]!.name, ...known.get(slope)! })),
  }
}

const shapesOf = (parameters: readonly ParameterSpec[]) => Object.fromEntries(parameters.map(p => [p.name, p.shape]))

describe('the table of layers', () => {
  it('equals what src/nn/layers exports', async () => {
    const folder = join(import.meta.dirname, '../../../src/nn/layers')
    const exported: string[] = []
    for (const file of readdirSync(folder).filter(name => !name.includes('.test.')))
      exported.push(...Object.keys((await import(join(folder, file))) as object))
    expect(exported.sort()).toEqual([...new Set(layerCases.map(c => c.layer))].sort())
  })
})

describe('every layer', () => {
  it.each(titled)('%s: shape, parameters and multiply-adds are as written', (_, c) => {
    const described = describeNetwork(c.build, c.input)
    expect(described.output.shape).toEqual(['N', ...c.output])
    expect(shapesOf(described.parameters)).toEqual(c.parameters ?? {})
    expect(described.parameterCount).toBe(Object.values(c.parameters ?? {}).reduce((sum, s) => sum + sizeOf(s), 0))
    expect(described.multiplyAdds).toBe(c.multiplyAdds ?? 0)
    for (const { kind } of described.layers) expect(kind).toBe(c.layer)
  })

  it.each(titled)('%s: inference is finite', (_, c) => {
    const { y } = compute(c.build, c.input, 'inference')
    expect(y.shape).toEqual([BATCH, ...c.output])
    expect(y.data.every(Number.isFinite)).toBe(true)
  })

  it.each(titled)('%s: training is finite, and every trainable parameter has a gradient', (_, c) => {
    const { y, slopes, scope } = compute(c.build, c.input, 'training')
    expect(y.shape).toEqual([BATCH, ...c.output])
    expect(y.data.every(Number.isFinite)).toBe(true)
    expect(slopes).toHaveLength(1 + scope.parameters.length)
    for (const { name, data } of slopes) {
      expect(data.every(Number.isFinite), name).toBe(true)
      expect(
        data.some(value => Math.abs(value) > 1e-9),
        name,
      ).toBe(true)
    }
  })

  it.each(titled)('%s: training and inference agree unless the table says otherwise', (_, c) => {
    const [trained, inferred] = [compute(c.build, c.input, 'training'), compute(c.build, c.input, 'inference')]
    const equal = trained.y.data.every((value, i) => Math.abs(value - inferred.y.data[i]!) < 1e-12)
    expect(equal).toBe(!c.differsInTraining)
    expect(shapesOf(trained.scope.parameters)).toEqual(shapesOf(inferred.scope.parameters))
  })

  it.each(titled.filter(([, c]) => describeNetwork(c.build, c.input).layers.length > 0))(
    '%s: has a line in the summary',
    (_, c) => {
      const [, , row] = network(c.build)
        .summary(c.input as [number, number, number])
        .split('\n')
      expect(row).toContain(c.layer)
      expect(row).toContain(`[N, ${c.output.join(', ')}]`)
    },
  )
})

describe('the laws catch', () => {
  it('a parameter that the loss does not reach', () => {
    const idle: Layer = (x, scope) => {
      scope.parameter('idle', [1], 'bias', () => new Float32Array(1))
      return mul(x, x)
    }
    expect(() => compute(idle, [2], 'training')).toThrow(
      "gradient of 'idle': expected a variable that the loss depends on",
    )
  })
})
