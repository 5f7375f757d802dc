import { describe, expect, it } from 'vitest'
import { tensor } from '../../../src/core/tensor.js'
import { defineOp, type OpDefinition } from '../../../src/onnx/operator.js'
import { add } from '../../../src/ops/add.js'
import { cast } from '../../../src/ops/cast.js'
import { Concat } from '../../../src/ops/concat.js'
import { Flatten } from '../../../src/ops/flatten.js'
import { Floor } from '../../../src/ops/floor.js'
import { greater } from '../../../src/ops/greater.js'
import { Identity } from '../../../src/ops/identity.js'
import { scalarLike } from '../../../src/ops/kinds/scalar-like.js'
import { LeakyRelu } from '../../../src/ops/leaky-relu.js'
import { Mul, mul } from '../../../src/ops/mul.js'
import { Positive, positive } from '../../../src/ops/positive.js'
import { ReduceMax } from '../../../src/ops/reduce-max.js'
import { Relu } from '../../../src/ops/relu.js'
import { slice } from '../../../src/ops/slice.js'
import { type OpCase, x } from './case.js'
import {
  expansionIsEqual,
  gradientIsDerivative,
  gradientKeepsType,
  type Law,
  runtimeAgrees,
  shapeRuleHolds,
} from './laws.js'

const check = async (law: Law, op: OpDefinition, inputs: OpCase['inputs'], rest: Partial<OpCase> = {}) =>
  (await law({ op, title: 'planted', inputs, ...rest })).join('\n')

describe('gradientIsDerivative catches', () => {
  it('a factor that is missing', async () => {
    const op = defineOp({ ...Mul, vjp: ({ inputs: [, b], gradients: [dy] }) => [mul(dy, b), dy] })
    expect(await check(gradientIsDerivative, op, [x(2, 3), x(2, 3)])).toMatch(/^gradient of input_1: 7 of 7 differ/)
  })

  it('a gradient that is forgotten, and one called zero', async () => {
    const half = defineOp({ ...Mul, vjp: ({ inputs: [, b], gradients: [dy] }) => [mul(dy, b), undefined] })
    expect(await check(gradientIsDerivative, half, [x(3), x(3)])).toMatch(/^gradient of input_1: 4 of 4 differ/)
    expect(await check(gradientIsDerivative, { ...Relu, vjp: 'zero' }, [x(9)])).toMatch(/gradient of input_0/)
  })

  it('a gradient that depends on which others are asked for', async () => {
    const op = defineOp({
      ...Mul,
      vjp: ({ inputs: [a, b], gradients: [dy], needs }) => [
        mul(dy, needs(1) ? a : b),
        needs(1) ? mul(dy, a) : undefined,
      ],
    })
    expect(await check(gradientIsDerivative, op, [x(3), x(3)])).toMatch(/gradient of input_0 asked with others/)
  })

  it('a rule that is not even that of the function named for it', async () => {
    const straight = defineOp({ ...Floor, vjp: ({ gradients: [dy] }) => [dy] })
    expect(await check(gradientIsDerivative, straight, [x(5)], { gradientOf: Relu })).toMatch(/gradient of input_0/)
    expect(await check(gradientIsDerivative, straight, [x(5)], { gradientOf: Identity })).toBe('')
  })

  it('pieces in the wrong order', async () => {
    const op = defineOp({
      ...Concat,
      vjp: ({ gradients: [dy] }) => [
        slice(dy, { starts: [1], ends: [2], axes: [1] }),
        slice(dy, { starts: [0], ends: [1], axes: [1] }),
      ],
    })
    expect(await check(gradientIsDerivative, op, [x(2, 1), x(2, 1)], { attributes: { axis: 1 } })).toMatch(
      /3 of 3 differ/,
    )
  })

  it('one wrong number among many', async () => {
    const op = defineOp({
      ...Relu,
      vjp: ({ inputs: [v], gradients: [dy] }) => [
        mul(
          dy,
          add(
            positive(v),
            v.graph.constant(
              tensor(
                'float64',
                [99],
                Float64Array.from({ length: 99 }, (_, i) => (i === 77 ? 1 : 0)),
              ),
            ),
          ),
        ),
      ],
    })
    expect(await check(gradientIsDerivative, op, [x(99)])).toMatch(/gradient of input_0: \d of 17 differ/)
  })

  it('nothing where an operator refuses and says why', async () => {
    const op = defineOp({ ...Relu, vjp: { unsupported: 'train without it' } })
    expect(await check(gradientIsDerivative, op, [x(3)])).toBe('')
  })
})

describe('gradientKeepsType catches', () => {
  it('a constant that is always float32', async () => {
    const op = defineOp({ ...Relu, vjp: ({ inputs: [v], gradients: [dy] }) => [mul(dy, v.graph.float(2))] })
    await expect(check(gradientKeepsType, op, [x(3)])).rejects.toThrow(
      'expected operands of one element type, received float16 and float32',
    )
    const other = defineOp({ ...Relu, vjp: ({ gradients: [dy] }) => [cast(dy, 'float32')] })
    expect(await check(gradientKeepsType, other, [x(3)])).toBe('gradient of input_0: float32 [3] of float16 [3]')
  })
})

describe('shapeRuleHolds catches', () => {
  it('a wrong shape rule', async () => {
    const op = defineOp({ ...Relu, infer: ({ types }) => [{ ...types[0]!, shape: [...types[0]!.shape, 1] }] })
    expect(await check(shapeRuleHolds, op, [x(2, 3)])).toBe('output 0: shape rule [2, 3, 1], meaning [2, 3]')
  })

  it('numbers that do not fill the shape', async () => {
    const op = defineOp({ ...Relu, evaluate: ({ inputs: [v] }) => [{ shape: v.shape, data: v.data.slice(1) }] })
    expect(await check(shapeRuleHolds, op, [x(2, 3)])).toBe('output 0: 5 numbers for [2, 3]')
  })

  it('a batch dimension that gets lost', async () => {
    const op = defineOp({
      ...Flatten,
      infer: ({ types }) => [
        { dtype: types[0]!.dtype, shape: [types[0]!.shape[0] === 'N' ? -1 : types[0]!.shape[0]!, 3] },
      ],
    })
    expect(await check(shapeRuleHolds, op, [x(2, 3)], { batch: true })).toBe(
      'output 0: with batch N [-1, 3] instead of [N, 3]',
    )
  })
})

describe('expansionIsEqual catches', () => {
  it('a wrong threshold', async () => {
    const op = defineOp({ ...Positive, expand: (_, [v]) => [cast(greater(v, scalarLike(v, 1)), v.dtype)] })
    expect(await check(expansionIsEqual, op, [x(40)])).toMatch(/^output 0 after expansion: \d+ of 40 differ/)
  })

  it('another element type', async () => {
    const op = defineOp({ ...Positive, expand: (_, [v]) => [greater(v, scalarLike(v, 0))] })
    expect(await check(expansionIsEqual, op, [x(4)])).toBe('output 0: type bool [4] after expansion')
  })

  it('a composite that cannot say itself', async () => {
    const { expand, ...op } = Positive
    expect(expand).toBeDefined()
    await expect(check(expansionIsEqual, op, [x(4)])).rejects.toThrow(
      'Positive: expected a composite that says itself in standard operators, received Positive without expand. Fix: give Positive an expand',
    )
  })
})

describe('runtimeAgrees catches', () => {
  it('a meaning that is not the standard one', async () => {
    const op = defineOp({ ...Floor, evaluate: ({ inputs: [v] }) => [{ shape: v.shape, data: v.data.map(Math.trunc) }] })
    expect(await check(runtimeAgrees, op, [x(40)])).toMatch(/^output_0 in ONNX Runtime: \d+ of 40 differ/)
  })

  it('a default that is not the standard one', async () => {
    const op = defineOp({ ...LeakyRelu, attributes: { alpha: { type: 'float', default: 0.3 } } })
    expect(await check(runtimeAgrees, op, [x(40)])).toMatch(/^output_0 in ONNX Runtime: \d+ of 40 differ/)
  })

  it('a shape rule and a meaning that are wrong together', async () => {
    const op = defineOp({
      ...ReduceMax,
      attributes: { ...ReduceMax.attributes, keepdims: { type: 'int', default: 0 } },
    })
    expect(await check(runtimeAgrees, op, [x(2, 3)])).toMatch(/shape \[1, 1\] instead of \[\]/)
  })

  it('a wrong element type', async () => {
    const op = defineOp({ ...Relu, vjp: 'zero', infer: ({ types }) => [{ ...types[0]!, dtype: 'int32' }] })
    await expect(check(runtimeAgrees, op, [x(3)])).rejects.toThrow(/Type Error|int32/)
  })
})
