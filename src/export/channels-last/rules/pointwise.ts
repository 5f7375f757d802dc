import type { Dim } from '../../../core/shape.js'
import { sameShape, sizeOf } from '../../../core/shape.js'
import type { Node, Value } from '../../../onnx/ir.js'
import { Gemm } from '../../../ops/gemm.js'
import { MatMul } from '../../../ops/mat-mul.js'
import { permuted, reshaped, taken, withoutLeadingOnes } from '../constants.js'
import { inOrder, natural, type Placed, withRank } from '../placed.js'
import type { Rule, Target } from '../target.js'

/** Whose order the result takes: the operand that is as large as it. */
function leader(node: Node, target: Target): Placed | undefined {
  const y = node.outputs[0]!.shape
  const computed = node.inputs.filter((input): input is Value => input !== undefined && !input.constant)
  const flattened = computed.map(input => target.at(input)).find(({ features }) => features)
  if (flattened) return flattened
  const whole = computed.find(input => sameShape(input.shape, y))
  const full = whole ?? computed.find(input => input.shape.length === y.length)
  return full && target.at(full)
}

/** A constant operand that broadcasts along the result, in its order; leading axes of size 1 are left out. */
function constantOperand(
  input: Value,
  rank: number,
  { order, features }: Omit<Placed, 'value'>,
  target: Target,
): Value {
  const held = input.constant!
  if (held.shape.length === 0) return target.hold(held, input.name)
  const ones = new Array<number>(rank - held.shape.length).fill(1)
  const turned = permuted(reshaped(held, [...ones, ...held.shape]), order)
  const last = rank - 1
  const chosen = features && turned.shape[last] !== 1 ? taken(turned, features, last) : turned
  return target.hold(withoutLeadingOnes(chosen), input.name)
}

function operand(input: Value, rank: number, leading: Omit<Placed, 'value'>, target: Target): Value {
  if (input.constant) return constantOperand(input, rank, leading, target)
  const placed = target.at(input)
  if (input.shape.length === 0) return placed.value
  if (input.shape.length === rank && (placed.features || sameShape(placed.order, leading.order))) return placed.value
  if (input.shape.length === rank) return target.in(input, leading.order)
  const [wide, shape] = withRank(placed, input.shape, rank)
  return inOrder(wide, shape, leading.order)
}

/** Operators that look at one place at a time pass any order through. */
export const pointwise: Rule = (node, target) => {
  const rank = node.outputs[0]!.shape.length
  const { order, features } = leader(node, target) ?? { order: natural(rank) }
  const leading = { order, ...(features ? { features } : {}) }
  const inputs = node.inputs.map(input => input && operand(input, rank, leading, target))
  return [{ value: target.add(node, node.op, inputs, node.attributes), ...leading }]
}

/** Passes its input on. */
export const identityRule: Rule = (node, target) => [target.at(node.inputs[0]!)]

/**
 * True where every reader of a flattened image [N, F] is a dense layer with a constant kernel, or a pointwise operator
 * with constants on the way to one: then the kernel's rows are permuted instead of the image.
 */
export function feedsOnlyDense(value: Value, target: Target): boolean {
  if (target.source.outputs.includes(value)) return false
  const readers = target.readersOf(value)
  return readers.length > 0 && readers.every(reader => takesPermutedFeatures(reader, value, target))
}

function takesPermutedFeatures(reader: Node, value: Value, target: Target): boolean {
  const others = reader.inputs.filter(input => input && input !== value)
  if (others.some(other => !other!.constant)) return false
  if (reader.op === MatMul) return reader.inputs[0] === value && reader.inputs[1]!.shape.length === 2
  if (reader.op === Gemm) return reader.inputs[0] === value && reader.attributes.transA === 0
  const y = reader.outputs[0]!
  return reader.op.pointwise === true && sameShape(y.shape, value.shape) && feedsOnlyDense(y, target)
}

/** Where each element of the last axis came from, for axes of the original that lie here in another order. */
export function featuresOf(shape: readonly Dim[], order: readonly number[]): number[] {
  const sizes = shape as readonly number[]
  const stride = (axis: number): number => sizeOf(sizes.slice(axis + 1))
  return order.reduce<number[]>(
    (list, axis) => list.flatMap(base => Array.from({ length: sizes[axis]! }, (_, i) => base + i * stride(axis))),
    [0],
  )
}
