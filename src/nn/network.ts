import { sizeOf } from '../core/shape.js'
import { Graph, type Value } from '../onnx/ir.js'
import { group, type Layer, type LayerRecord, type ParameterSpec, Scope } from './scope.js'

/** A whole network: a layer that can describe itself. */
export interface Network extends Layer {
  /** Layers, output shapes, parameters and multiply-adds as a table, for images [C, H, W]. */
  summary(inputShape?: readonly [number, number, number]): string
}

/** Makes a network of any function from images [N, C, H, W] to logits [N, classes]: the functional style. */
export function network(layer: Layer): Network {
  const call = (x: Value, scope: Scope): Value => layer(x, scope)
  return Object.assign(call, {
    summary: (inputShape: readonly [number, number, number] = [3, 32, 32]) => summaryTable(describe(layer, inputShape)),
  })
}

/** One layer after the other. */
export const sequential = (layers: readonly Layer[]): Network =>
  network((x, scope) => layers.reduce((value, next) => next(value, scope), x))

/** The same, named by their places: what they hold is called 0/..., 1/... */
export const numbered = (layers: readonly Layer[]): Network =>
  sequential(layers.map((inner, i) => group(String(i), inner)))

export interface NetworkDescription {
  layers: LayerRecord[]
  parameters: ParameterSpec[]
  parameterCount: number
  trainableCount: number
  /** Multiply-adds for one image. */
  multiplyAdds: number
  /** Filters or units of the layers that can have another number of them, by the layer's name. */
  widths: ReadonlyMap<string, number>
  output: Value
}

/** Builds the inference form once, without weights, and says what is in it. */
export function describe(layer: Layer, inputShape: readonly number[]): NetworkDescription {
  const graph = new Graph('description')
  const scope = new Scope(graph, 'inference', {
    parameter: spec => graph.input(spec.name, 'float32', spec.shape),
    statistic: spec => graph.input(spec.name, 'float32', spec.shape),
  })
  const output = layer(graph.input('images', 'float32', ['N', ...inputShape]), scope)
  const count = (specs: readonly ParameterSpec[]): number => specs.reduce((sum, p) => sum + sizeOf(p.shape), 0)
  return {
    layers: scope.layers,
    parameters: scope.parameters,
    parameterCount: count(scope.parameters),
    trainableCount: count(scope.parameters.filter(p => p.trainable)),
    multiplyAdds: scope.layers.reduce((sum, l) => sum + l.multiplyAdds, 0),
    widths: scope.widths,
    output,
  }
}

const grouped = (n: number): string => n.toLocaleString('en-US')

function summaryTable({ layers, parameterCount, trainableCount, multiplyAdds }: NetworkDescription): string {
  const rows = layers.map(l => [
    l.name === l.kind ? l.name : `${l.name} (${l.kind})`,
    `[${l.output.shape.join(', ')}]`,
    grouped(l.parameters),
    grouped(l.multiplyAdds),
  ])
  const head = ['layer', 'output', 'parameters', 'multiply-adds']
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map(row => row[i]!.length)))
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')
  const rule = '─'.repeat(widths.reduce((sum, w) => sum + w + 2, -2))
  const total = `${grouped(parameterCount)} parameters (${grouped(trainableCount)} trainable), ${grouped(multiplyAdds)} multiply-adds an image`
  return [line(head), rule, ...rows.map(line), rule, total].join('\n')
}
