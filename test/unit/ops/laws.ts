import { gradients } from '../../../src/autodiff/gradients.js'
import { messageOf } from '../../../src/core/errors.js'
import { RandomStream } from '../../../src/core/random.js'
import { formatShape, sameShape, sizeOf } from '../../../src/core/shape.js'
import { toNumbers } from '../../../src/core/tensor.js'
import { expandComposites } from '../../../src/lower/expand-composites.js'
import type { Numbers } from '../../../src/onnx/operator.js'
import { encodeModel } from '../../../src/onnx/protobuf/encode.js'
import { evaluateGraph } from '../../../src/ops/evaluate-graph.js'
import { identity } from '../../../src/ops/identity.js'
import { createSession } from '../../../src/runtime/node.js'
import type { OpCase } from './case.js'
import { build, gradientsOf, project, typedTensor } from './case-graph.js'
import { differences } from './differences.js'

/** A law gives its complaints; none means that it holds. Being functions, laws can be shown planted errors. */
export type Law = (c: OpCase) => string[] | Promise<string[]>
/** Ways to move n numbers: each alone (of more than 16, some of them), and all at once, so that none goes unseen. */
function directions(n: number): Float64Array[] {
  const stream = new RandomStream(3, ['directions', n])
  const alone = Array.from(stream.permutation(n).subarray(0, 16).sort(), i =>
    Float64Array.from({ length: n }, (_, k) => (k === i ? 1 : 0)),
  )
  return [...alone, Float64Array.from({ length: n }, () => stream.uniform(-1, 1))]
}

/** The derivative of the projection when input `name` moves along each direction: differences to both sides. */
function centralDifferences(c: OpCase, name: string, along: readonly Float64Array[]): number[] {
  const built = build(c, 'float64')
  const loss = built.graph.output(project(built, 'float64'))
  const { shape, data } = built.feeds[name]!
  const h = 2 ** -17
  const at = (direction: Float64Array, by: number): number => {
    const moved = { shape, data: data.map((v, k) => v + by * direction[k]!) }
    return evaluateGraph(built.graph, { ...built.feeds, [name]: moved }).get(loss)!.data[0]!
  }
  return along.map(direction => (at(direction, h) - at(direction, -h)) / (2 * h))
}

const vector = (values: readonly number[]): Numbers => ({ shape: [values.length], data: Float64Array.from(values) })

/** The gradient rule, evaluated in float64, is the derivative of the meaning; asked one by one or together. */
export const gradientIsDerivative: Law = c => {
  if (typeof c.op.vjp === 'object') return refusesGradient(c, c.op.vjp.unsupported)
  const built = build(c, 'float64')
  const loss = project(built, 'float64')
  const apart = gradientsOf(loss, built.variables)
  const reached = built.variables.filter((_, i) => apart[i])
  const together = reached.length ? gradients(loss, reached) : []
  for (const gradient of [...apart, ...together]) if (gradient) built.graph.output(gradient)
  const known = evaluateGraph(built.graph, built.feeds)
  return built.variables.flatMap((variable, i) => {
    const what = `gradient of ${variable.name}`
    const { shape, data } = built.feeds[variable.name]!
    const zero = { shape, data: new Float64Array(data.length) }
    const got = apart[i] ? known.get(apart[i])! : zero
    const joint = apart[i] ? known.get(together[reached.indexOf(variable)]!)! : zero
    if (!sameShape(got.shape, shape)) return [`${what}: shape ${formatShape(got.shape)} of ${formatShape(shape)}`]
    const along = directions(data.length)
    const want = centralDifferences({ ...c, op: c.gradientOf ?? c.op }, variable.name, along)
    const slopes = along.map(direction => got.data.reduce((sum, v, k) => sum + v * direction[k]!, 0))
    return [
      ...differences(what, vector(slopes), vector(want), 1e-6, 1e-3),
      ...differences(`${what} asked with others`, joint, got, 1e-12, 1e-3),
    ]
  })
}

function refusesGradient(c: OpCase, reason: string): string[] {
  const built = build(c, 'float64')
  try {
    gradients(project(built, 'float64'), built.variables)
  } catch (error) {
    return messageOf(error).includes(reason) ? [] : [`refused without its reason: ${messageOf(error)}`]
  }
  return ['no gradient rule, and no refusal']
}

/** A gradient has the type of what it is the gradient of, in half precision too (types only: nothing is computed). */
export const gradientKeepsType: Law = c => {
  if (typeof c.op.vjp !== 'function') return []
  const built = build(c, 'float16')
  const found = gradientsOf(project(built, 'float16'), built.variables)
  return built.variables.flatMap(({ name, dtype, shape }, i) => {
    const gradient = found[i]
    return !gradient || (gradient.dtype === dtype && sameShape(gradient.shape, shape))
      ? []
      : [`gradient of ${name}: ${gradient.dtype} ${formatShape(gradient.shape)} of ${dtype} ${formatShape(shape)}`]
  })
}

/** The shape rule says what the meaning computes; with a batch 'N' it says 'N' wherever the size follows the batch. */
export const shapeRuleHolds: Law = c => {
  const { graph, outputs, feeds } = build(c, 'float64')
  for (const y of outputs) graph.output(y)
  const known = evaluateGraph(graph, feeds)
  const complaints = outputs.flatMap((y, i) => {
    const { shape, data } = known.get(y)!
    return [
      ...(sameShape(shape, y.shape)
        ? []
        : [`output ${i}: shape rule ${formatShape(y.shape)}, meaning ${formatShape(shape)}`]),
      ...(data.length === sizeOf(shape) ? [] : [`output ${i}: ${data.length} numbers for ${formatShape(shape)}`]),
    ]
  })
  if (!c.batch) return complaints
  const larger = build(c, 'float64', c.inputs[0]!.shape[0]! + 1).outputs
  const symbolic = build(c, 'float64', 'N').outputs
  outputs.forEach((y, i) => {
    const expected = y.shape.map((dim, d) => (dim === larger[i]!.shape[d] ? dim : 'N'))
    const { shape } = symbolic[i]!
    if (!sameShape(shape, expected))
      complaints.push(`output ${i}: with batch N ${formatShape(shape)} instead of ${formatShape(expected)}`)
  })
  return complaints
}

/** A composite and the standard operators it is made of mean the same. */
export const expansionIsEqual: Law = c => {
  const { graph, outputs, feeds } = build(c, 'float64')
  for (const y of outputs) graph.output(y)
  const expanded = expandComposites(graph)
  const want = evaluateGraph(graph, feeds)
  const got = evaluateGraph(expanded, feeds)
  return outputs.flatMap((y, i) => {
    const image = expanded.outputs[i]!
    const typed = image.dtype === y.dtype && sameShape(image.shape, y.shape)
    return [
      ...(typed ? [] : [`output ${i}: type ${image.dtype} ${formatShape(image.shape)} after expansion`]),
      ...differences(`output ${i} after expansion`, got.get(image)!, want.get(y)!, 1e-10, 1),
    ]
  })
}

/** ONNX Runtime, with its own rewriting off, computes the same outputs and gradients in float32. */
export const runtimeAgrees: Law = async c => {
  if (c.noRuntime) return []
  const built = build(c, 'float32')
  const wanted = [...built.outputs]
  if (typeof c.op.vjp === 'function') {
    const loss = project(built, 'float32')
    for (const gradient of gradientsOf(loss, built.variables)) if (gradient) wanted.push(gradient)
  }
  const { graph } = built
  const outputs = wanted.map((value, i) => graph.output(identity(value), `output_${i}`))
  const known = evaluateGraph(graph, built.feeds)
  const session = await createSession(encodeModel(expandComposites(graph)), { optimization: 'disabled', threads: 1 })
  const feeds = Object.fromEntries(
    graph.inputs.map(({ name, dtype }) => [
      name,
      typedTensor(dtype, built.feeds[name]!.shape, built.feeds[name]!.data),
    ]),
  )
  const results = await session.run(feeds)
  await session.release()
  return outputs.flatMap(({ name, dtype }) => {
    const result = results[name]!
    const got = { shape: result.shape, data: Float64Array.from(toNumbers(result)) }
    return [
      ...(result.dtype === dtype ? [] : [`${name}: type ${result.dtype} instead of ${dtype}`]),
      ...differences(
        `${name} in ONNX Runtime`,
        got,
        known.get(outputs.find(y => y.name === name)!)!,
        c.runtimeTolerance ?? 1e-5,
        1e-2,
      ),
    ]
  })
}

export const laws: Readonly<Record<string, Law>> = {
  gradientIsDerivative,
  gradientKeepsType,
  shapeRuleHolds,
  expansionIsEqual,
  runtimeAgrees,
}
