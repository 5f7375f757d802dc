import { isFloating } from '../core/dtype.js'
import { sizeOf } from '../core/shape.js'
import type { Node, Value } from '../onnx/ir.js'
import { copyNode } from '../onnx/rewrite.js'
import { abs } from '../ops/abs.js'
import { add } from '../ops/add.js'
import { cast } from '../ops/cast.js'
import { scalarLike } from '../ops/kinds/scalar-like.js'
import { less } from '../ops/less.js'
import { reshape } from '../ops/reshape.js'
import { crop } from '../ops/slice.js'

/** Elements that a value holds; a batch of unknown size counts as one image. */
const elements = (value: Value): number => sizeOf(value.shape.map(dim => (typeof dim === 'number' ? dim : 1)))

/**
 * Chooses, among `candidates` (outputs of layers), where to cut a forward pass into `segments` parts whose
 * intermediate values take about the same memory. Fewer are given where there are not enough candidates.
 */
export function checkpointsOf(candidates: readonly Value[], segments: number): Value[] {
  const cuts = [...new Set(candidates)].filter(value => value.producer).slice(0, -1)
  if (!cuts.length) return []
  const { graph } = cuts[0]!
  const upTo = new Map<Node, number>()
  let held = 0
  for (const node of graph.nodes) {
    held += node.outputs.reduce((sum, output) => sum + elements(output), 0)
    upTo.set(node, held)
  }
  const chosen = new Set<Value>()
  for (let i = 1; i < segments; i++) {
    const wanted = (i * held) / segments
    const distance = (value: Value): number => Math.abs(upTo.get(value.producer!)! - wanted)
    chosen.add(cuts.reduce((best, value) => (distance(value) < distance(best) ? value : best)))
  }
  return [...chosen]
}

/**
 * Gives the twins of forward values: the same numbers, computed a second time when the gradients need them (Chen et al.
 * 2016, arXiv 1604.06174). `checkpoints` cut the forward nodes into segments; the values of a segment other than the
 * last get twins that start from its checkpoint.
 *
 * Nothing in a graph says when a node runs, and a runtime is free to take equal nodes for one. So a segment's
 * recomputation starts from its checkpoint + 0, where that 0 is made from the gradients of the variables of the segments
 * behind it: it cannot start before they are there, and by then what they needed is free.
 */
export class Recomputation {
  private readonly segmentOf = new Map<Node, number>()
  private readonly twins = new Map<Value, Value>()
  private readonly started = new Set<number>()
  private readonly last: number
  private zero: Value | undefined

  constructor(
    forward: readonly Node[],
    checkpoints: readonly Value[],
    /** Values that depend on a variable. */
    private readonly depends: ReadonlySet<Value>,
    private readonly variables: ReadonlySet<Value>,
  ) {
    const cuts = new Set(checkpoints.map(({ producer }) => producer))
    let segment = 0
    for (const node of forward) {
      this.segmentOf.set(node, segment)
      if (cuts.has(node)) segment++
    }
    this.last = segment
  }

  /** Called before the gradient of `node`, from the last node to the first; `found`: gradients of variables so far. */
  enter(node: Node, found: readonly Value[]): void {
    const segment = this.segmentOf.get(node)
    if (segment === undefined || segment === this.last || this.started.has(segment)) return
    this.started.add(segment)
    if (found.length) this.zero = found.map(zeroFrom).reduce(add)
  }

  /** What stands for a forward value in gradients. */
  twin(value: Value): Value {
    const { producer, graph } = value
    const segment = producer && this.segmentOf.get(producer)
    if (!producer || segment === undefined || segment === this.last || !this.depends.has(value) || !this.zero)
      return value
    if (!this.started.has(segment)) return value
    if (!this.twins.has(value)) {
      const copies = copyNode(producer, this.inputsOf(producer, segment), graph)
      producer.outputs.forEach((output, i) => {
        this.twins.set(output, copies[i]!)
      })
    }
    return this.twins.get(value)!
  }

  /** Inputs of a node that runs again: twins within its segment; a node without one waits through its first float. */
  private inputsOf(node: Node, segment: number): (Value | undefined)[] {
    const within = (input: Value | undefined): boolean =>
      input?.producer !== undefined && this.segmentOf.get(input.producer) === segment && this.depends.has(input)
    const inputs = node.inputs.map(input => (within(input) ? this.twin(input!) : input))
    if (node.inputs.some(within)) return inputs
    const floats = node.inputs.map((input, i) => (input && isFloating(input.dtype) && !input.constant ? i : -1))
    const data = floats.find(i => i >= 0 && !this.variables.has(node.inputs[i]!)) ?? floats.find(i => i >= 0)!
    inputs[data] = add(inputs[data]!, this.zero!)
    return inputs
  }
}

/** A scalar 0 that is there only once `value` is: [|first element| < 0], whatever the element is. */
function zeroFrom(value: Value): Value {
  const flat = reshape(value, [elements(value)])
  const first = reshape(crop(flat, [0, elements(value) - 1]), [])
  return cast(less(abs(first), scalarLike(first, 0)), value.dtype)
}
