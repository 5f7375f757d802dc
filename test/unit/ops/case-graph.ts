import { gradients } from '../../../src/autodiff/gradients.js'
import { type DType, isFloating } from '../../../src/core/dtype.js'
import { messageOf } from '../../../src/core/errors.js'
import { RandomStream } from '../../../src/core/random.js'
import { type Dim, sizeOf } from '../../../src/core/shape.js'
import { type Tensor, tensor } from '../../../src/core/tensor.js'
import { Graph, type Value } from '../../../src/onnx/ir.js'
import type { Numbers } from '../../../src/onnx/operator.js'
import { add } from '../../../src/ops/add.js'
import { cast } from '../../../src/ops/cast.js'
import { mul } from '../../../src/ops/mul.js'
import { reduceSum } from '../../../src/ops/reduce-sum.js'
import { numbersOf, type OpCase } from './case.js'

type Float = 'float16' | 'float32' | 'float64'
type Feeds = Record<string, Numbers>

export const typedTensor = (dtype: DType, shape: readonly number[], values: ArrayLike<number>): Tensor => {
  const held = tensor(dtype, shape)
  const convert = held.data instanceof BigInt64Array ? BigInt : Number
  for (let i = 0; i < values.length; i++) held.data[i] = convert(values[i]!) as never
  return held
}

export interface Built {
  graph: Graph
  outputs: Value[]
  /** Graph inputs of a floating type: the ones that may have a gradient. */
  variables: Value[]
  feeds: Feeds
}

/** The graph of one case, one node, for an element type. `batch` takes the place of the inputs' first dimension. */
export function build(c: OpCase, float: Float, batch: Dim = c.inputs[0]?.shape[0] ?? 1): Built {
  const graph = new Graph('case')
  const feeds: Feeds = {}
  const inputs = c.inputs.map((input, i) => {
    if (!input) return undefined
    const { shape, dtype = float, constant } = input
    const values = numbersOf(c, i)
    if (constant) return graph.initializer(`constant_${i}`, typedTensor(dtype, shape, values))
    feeds[`input_${i}`] = { shape, data: Float64Array.from(values) }
    const dims = shape.length > 0 && shape[0] === c.inputs[0]!.shape[0] ? [batch, ...shape.slice(1)] : shape
    return graph.input(`input_${i}`, dtype, dims)
  })
  const outputs = graph.addMany(c.op, inputs, c.attributes, { outputs: c.outputs ?? 1 })
  return { graph, outputs, variables: graph.inputs.filter(input => isFloating(input.dtype)), feeds }
}

/** Σ r · y over all outputs with fixed random r: one number that any wrong element moves. */
export function project({ graph, outputs }: Built, float: Float): Value {
  const terms = outputs.map((y, i) => {
    const stream = new RandomStream(2, ['projection', i])
    const r = Array.from({ length: sizeOf(y.shape as number[]) }, () => stream.uniform(-1, 1))
    const weights = graph.initializer('projection', typedTensor(float, y.shape as number[], r))
    return reduceSum(mul(cast(y, float), weights), undefined, false)
  })
  return terms.reduce(add)
}

/** Gradients of `variables`; undefined where the operator says that none flows. */
export const gradientsOf = (loss: Value, variables: readonly Value[]): (Value | undefined)[] =>
  variables.map(variable => {
    try {
      return gradients(loss, [variable])[0]!
    } catch (error) {
      if (messageOf(error).includes('no path from it to the loss')) return undefined
      throw error
    }
  })
