import { describe, expect, it } from 'vitest'
import { float32, scalar, tensor } from '../core/tensor.js'
import { add } from '../ops/add.js'
import { Relu, relu } from '../ops/relu.js'
import { Graph, Node, Value } from './ir.js'
import { opCounts, opList, printGraph } from './print.js'
import { verifyGraph } from './verify.js'

function sample() {
  const graph = new Graph('sample')
  const x = graph.input('x', 'float32', ['N', 2])
  const w = graph.initializer('w', float32([1, 2]))
  const hidden = graph.within('layer', () => relu(add(x, w)))
  graph.output(add(hidden, graph.float(0.5)), 'y')
  return { graph, x, w, hidden }
}

describe('verifyGraph', () => {
  it('gives a sound graph back', () => {
    const { graph } = sample()
    expect(verifyGraph(graph)).toBe(graph)
  })

  const lists = (graph: Graph) => graph as unknown as { nodes: Node[]; outputs: Value[]; inputs: Value[] }
  it.each<[string, (s: ReturnType<typeof sample>) => void, string]>([
    [
      'nodes out of order',
      ({ graph }) => lists(graph).nodes.reverse(),
      "node 'Add' (Add): expected inputs that exist before it, received input 0, 'layer/Relu', which does not",
    ],
    [
      'a lost node',
      ({ graph }) => lists(graph).nodes.shift(),
      "node 'layer/Relu' (Relu): expected inputs that exist before it",
    ],
    ['a lost initializer', ({ graph, w }) => graph.initializers.delete(w), "input 1, 'w', which does not"],
    ['a repeated value name', ({ hidden }) => (hidden.name = 'x'), "value 'x': expected names that are used once"],
    [
      'a repeated node',
      ({ graph }) => lists(graph).nodes.push(graph.nodes[0]!),
      "node 'layer/Add': expected node names that are used once",
    ],
    [
      'a value of another graph',
      ({ graph }) => lists(graph).inputs.push(new Graph('other').input('z', 'float32', [])),
      "values of this graph, received one of 'other'",
    ],
    [
      'an output of nothing',
      ({ graph }) => lists(graph).outputs.push(new Value(graph, graph.inputs[0]!.type, 'q', undefined)),
      "output 'q': expected a value of the graph",
    ],
    [
      'an output twice',
      ({ graph }) => lists(graph).outputs.push(graph.outputs[0]!),
      "output 'y': expected an output once",
    ],
    [
      'an input with bytes',
      ({ graph, x }) => graph.initializers.set(x, float32([1])),
      "input 'x': expected an input without bytes",
    ],
    [
      'bytes of another type',
      ({ graph, w }) => graph.initializers.set(w, tensor('int32', [2])),
      "initializer 'w': expected float32[2], received int32[2] of 2",
    ],
    [
      'bytes of another shape',
      ({ graph, w }) => graph.initializers.set(w, scalar(1)),
      'expected float32[2], received float32[] of 1',
    ],
    [
      'too few inputs',
      ({ graph }) => lists(graph).nodes.push(new Node(Relu, [], {}, 'bare')),
      "node 'bare' (Relu): expected 1 to 1 inputs, received 0",
    ],
    [
      'an output with another producer',
      ({ graph, hidden }) => {
        const node = new Node(Relu, [hidden], {}, 'thief')
        node.outputs.push(hidden)
        lists(graph).nodes.push(node)
      },
      "node 'thief' (Relu): expected outputs that name it as their producer",
    ],
    [
      'a stale type',
      ({ graph, hidden }) => {
        const node = new Node(Relu, [hidden], {}, 'stale')
        node.outputs.push(new Value(graph, { dtype: 'float32', shape: ['N', 3] }, 'stale', node))
        lists(graph).nodes.push(node)
      },
      "node 'stale' (Relu): expected float32[N, 2] for 'stale', received float32[N, 3]",
    ],
    [
      'a shape rule that throws',
      ({ graph, hidden }) => {
        const op = {
          ...Relu,
          infer: () => {
            throw new Error('no')
          },
        }
        lists(graph).nodes.push(new Node(op, [hidden], {}, 'thrower'))
      },
      "node 'thrower' (Relu): expected types that can be inferred, received no",
    ],
  ])('refuses %s', (_, damage, message) => {
    const s = sample()
    damage(s)
    expect(() => verifyGraph(s.graph)).toThrow(message)
  })
})

describe('printGraph', () => {
  it('gives one line for each thing', () => {
    const { graph } = sample()
    expect(printGraph(graph)).toBe(`graph sample
  input  x: float32[N, 2]
  weight w: float32[2] = {1, 2}
  weight constant: float32[] = {0.5}
  layer/Add: float32[N, 2] = Add(x, w)
  layer/Relu: float32[N, 2] = Relu(layer/Add)
  y: float32[N, 2] = Add(layer/Relu, constant)  # Add
  output y: float32[N, 2]
`)
  })

  it('shows attributes, absent inputs and domains', () => {
    const graph = new Graph('g')
    const x = graph.input('x', 'float32', [1])
    const op = {
      ...Relu,
      name: 'Odd',
      domain: 'com.microsoft' as const,
      attributes: { a: { type: 'ints' as const }, s: { type: 'string' as const }, t: { type: 'tensor' as const } },
      arity: [1, 2] as const,
    }
    graph.output(graph.add(op, [x, undefined], { a: [1, 2], s: 'q', t: tensor('int8', [9]) }))
    expect(printGraph(graph)).toContain('Odd: float32[1] = com.microsoft.Odd(x, -, a=[1, 2], s="q", t=int8[9])')
    expect(opList(graph)).toEqual(['com.microsoft.Odd'])
    expect(opCounts(sample().graph)).toEqual({ Add: 2, Relu: 1 })
  })
})
