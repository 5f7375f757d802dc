import { FoveaError, UsageError } from '../../core/errors.js'
import type { Value } from '../../onnx/ir.js'
import { matMul } from '../../ops/mat-mul.js'
import { scale } from '../../ops/mul.js'
import { reshape } from '../../ops/reshape.js'
import { softmax } from '../../ops/softmax.js'
import { split } from '../../ops/split.js'
import { transpose } from '../../ops/transpose.js'
import { glorotUniform, type Initializer, type InitializerName } from '../init.js'
import { type Layer, type LayerOptions, layer, type Scope } from '../scope.js'
import { onTokens, tokenShape } from '../tokens.js'
import { dense } from './dense.js'
import { dropout } from './dropout.js'

export interface MultiHeadAttentionOptions extends LayerOptions {
  /** Rate at which single attention weights are dropped in training. */
  attentionDropout?: number
  /** Rate at which outputs are dropped in training. */
  dropout?: number
  /** False: queries, keys and values have no bias (the projection has one always). */
  useBias?: boolean
  kernelInitializer?: Initializer | InitializerName
}

/**
 * Vaswani et al. 2017 (arXiv 1706.03762): softmax(q · k' / √d) · v in `heads` heads of width d = D / heads, then a dense
 * layer. Queries, keys and values are of one input: tokens [N, T, D] -> the same, or images [N, C, H, W], whose pixels
 * are the tokens. qkv [D, 3 D], proj [D, D].
 */
export function multiHeadSelfAttention(heads: number, options: MultiHeadAttentionOptions = {}): Layer {
  const { useBias = true, kernelInitializer = glorotUniform, name } = options
  return layer(
    'multiHeadSelfAttention',
    name,
    (x, scope) =>
      onTokens(x, tokens => {
        const { width } = tokenShape(tokens, scope.graph.path)
        checkHeads(heads, width, scope.graph.path)
        const qkv = dense(3 * width, { name: 'qkv', useBias, kernelInitializer })(tokens, scope)
        const [q, k, v] = split(qkv, [width, width, width], 2) as [Value, Value, Value]
        return attend(q, k, v, heads, options, scope)
      }),
    x => productsOf(x, x),
  )
}

/**
 * Vaswani et al. 2017, between two inputs: every token of `query` [N, T, D] gathers from the tokens of `source`
 * [N, S, E]. Gives [N, T, D]. q [D, D], k and v [E, D], proj [D, D]. A function of two values, as add and concatenate are.
 */
export function multiHeadAttention(
  query: Value,
  source: Value,
  heads: number,
  scope: Scope,
  options: MultiHeadAttentionOptions = {},
): Value {
  const { useBias = true, kernelInitializer = glorotUniform, name } = options
  const call: Layer = x => {
    const { width } = tokenShape(x, scope.graph.path)
    tokenShape(source, scope.graph.path)
    checkHeads(heads, width, scope.graph.path)
    const of = (own: string, from: Value, biased: boolean): Value =>
      dense(width, { name: own, useBias: biased, kernelInitializer })(from, scope)
    // A bias of the keys adds the same to all scores of a query, and softmax takes it away again.
    const [q, k, v] = [of('q', x, useBias), of('k', source, false), of('v', source, useBias)]
    return attend(q, k, v, heads, options, scope)
  }
  return layer('multiHeadAttention', name, call, x => productsOf(x, source))(query, scope)
}

/** Multiply-adds of q · k' and of the weights · v. */
function productsOf(query: Value, source: Value): number {
  const [rows, columns] = [query, source].map(({ shape }) =>
    shape.length === 4 ? (shape[2] as number) * (shape[3] as number) : (shape[1] as number),
  ) as [number, number]
  const width = (query.shape.length === 4 ? query.shape[1] : query.shape[2]) as number
  return 2 * rows * columns * width
}

function attend(
  q: Value,
  k: Value,
  v: Value,
  heads: number,
  { attentionDropout = 0, dropout: rate = 0, kernelInitializer = glorotUniform }: MultiHeadAttentionOptions,
  scope: Scope,
): Value {
  const width = q.shape[2] as number
  const size = width / heads
  /** [N, T, D] by heads: [N, heads, T, size], or with the last two exchanged. */
  const byHead = (x: Value, perm: readonly number[]): Value =>
    transpose(reshape(x, [x.shape[0]!, x.shape[1]!, heads, size]), perm)
  const scores = matMul(byHead(scale(q, size ** -0.5), [0, 2, 1, 3]), byHead(k, [0, 2, 3, 1]))
  const weights = dropout(attentionDropout, { name: 'attn_drop' })(softmax(scores, -1), scope)
  const gathered = transpose(matMul(weights, byHead(v, [0, 2, 1, 3])), [0, 2, 1, 3])
  const y = dense(width, { name: 'proj', kernelInitializer })(reshape(gathered, q.shape), scope)
  return dropout(rate, { name: 'proj_drop' })(y, scope)
}

function checkHeads(heads: number, width: number, where: string): void {
  if (!Number.isInteger(heads) || heads < 1)
    throw new UsageError({ where, expected: 'a positive number of heads', received: String(heads) })
  if (width % heads)
    throw new FoveaError({
      where,
      expected: 'a token width that is a multiple of the heads',
      received: `width ${width} and ${heads} heads`,
    })
}
