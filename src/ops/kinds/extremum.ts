import type { Value } from '../../onnx/ir.js'
import type { VjpContext } from '../../onnx/operator.js'
import { add } from '../add.js'
import { cast } from '../cast.js'
import { div } from '../div.js'
import { equal } from '../equal.js'
import { mul } from '../mul.js'
import { reduceSum } from '../reduce-sum.js'
import { keepAxes } from './broadcast.js'
import { axesOf } from './reduction.js'

/** [x = y] as a float. */
const chosen = (x: Value, y: Value): Value => cast(equal(x, y), y.dtype)

/** dxᵢ = dy · [xᵢ = y] / Σⱼ [xⱼ = y]: an extremum of several operands, ties sharing equally as in PyTorch. */
export function extremumGradients({ inputs, outputs: [y], gradients: [dy], needs }: VjpContext): (Value | undefined)[] {
  const operands: readonly Value[] = inputs
  if (operands.length === 1) return [dy]
  const masks = operands.map(operand => chosen(operand, y))
  const share = div(dy, masks.reduce(add))
  return masks.map((mask, i) => (needs(i) ? mul(mask, share) : undefined))
}

/** dx = dy · [x = y] / Σ [x = y] over the axes folded: an extremum within one operand, ties sharing equally. */
export function extremumReductionGradient({ node, inputs: [x], outputs: [y], gradients: [dy] }: VjpContext): [Value] {
  const axes = axesOf(node)
  const mask = chosen(x, keepAxes(y, x, axes))
  return [mul(mask, div(keepAxes(dy, x, axes), reduceSum(mask, axes)))]
}
