import { beforeAll, describe, expect, it } from 'vitest'
import { randomStream } from '../../src/core/random.js'
import { sizeOf } from '../../src/core/shape.js'
import { scalar, type Tensor, tensor } from '../../src/core/tensor.js'
import { Graph } from '../../src/onnx/ir.js'
import { encodeModel } from '../../src/onnx/protobuf/index.js'
import { adam, adamW } from '../../src/optim/adam.js'
import { lamb } from '../../src/optim/lamb.js'
import { lion } from '../../src/optim/lion.js'
import { lookahead } from '../../src/optim/lookahead.js'
import { muon } from '../../src/optim/muon.js'
import { type Optimizer, ruleFor } from '../../src/optim/optimizer.js'
import { rmsprop } from '../../src/optim/rmsprop.js'
import { cosineDecay, exponentialDecay, linearDecay, type Schedule, stepDecay } from '../../src/optim/schedules.js'
import { sgd } from '../../src/optim/sgd.js'
import { createSession } from '../../src/runtime/node.js'
import { type Answer, farthest, Parcel } from './exchange.js'
import { python } from './python.js'

const { path: interpreter, missing } = python()
if (missing) console.warn(`skipped: ${missing}`)
const STEPS = 10
const TOLERANCE = 1e-6

interface OptimizerCase {
  what: string
  optimizer: Optimizer
  library: 'torch' | 'timm' | 'keras' | 'numpy'
  name: string
  arguments: Readonly<Record<string, unknown>>
  shape?: readonly number[]
}

const muonCase = (
  what: string,
  shape: readonly number[],
  options: Record<string, number | boolean> = {},
): OptimizerCase => {
  const all = { momentum: 0.6, nesterov: true, iterations: 3, normalizeKernels: true, ...options }
  return { what, optimizer: muon(options), library: 'numpy', name: 'Muon', arguments: all, shape }
}
const torchAdam = { betas: [0.9, 0.999], eps: 1e-7 }

const cases: readonly OptimizerCase[] = [
  { what: 'sgd', optimizer: sgd(), library: 'torch', name: 'SGD', arguments: {} },
  {
    what: 'sgd, momentum',
    optimizer: sgd({ momentum: 0.9 }),
    library: 'torch',
    name: 'SGD',
    arguments: { momentum: 0.9 },
  },
  {
    what: 'sgd, Nesterov, decay',
    optimizer: sgd({ momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
    library: 'torch',
    name: 'SGD',
    arguments: { momentum: 0.9, nesterov: true, weight_decay: 0.01 },
  },
  { what: 'rmsprop', optimizer: rmsprop(), library: 'keras', name: 'RMSprop', arguments: {} },
  {
    what: 'rmsprop, momentum',
    optimizer: rmsprop({ rho: 0.8, momentum: 0.7, epsilon: 1e-3 }),
    library: 'keras',
    name: 'RMSprop',
    arguments: { rho: 0.8, momentum: 0.7, epsilon: 1e-3 },
  },
  { what: 'adam', optimizer: adam(), library: 'torch', name: 'Adam', arguments: torchAdam },
  { what: 'adam against Keras', optimizer: adam(), library: 'keras', name: 'Adam', arguments: {} },
  {
    what: 'adam, other numbers',
    optimizer: adam({ learningRate: 0.1, beta1: 0.5, beta2: 0.9, epsilon: 0.01 }),
    library: 'torch',
    name: 'Adam',
    arguments: { betas: [0.5, 0.9], eps: 0.01 },
  },
  {
    what: 'adamW',
    optimizer: adamW(),
    library: 'torch',
    name: 'AdamW',
    arguments: { ...torchAdam, weight_decay: 0.004 },
  },
  { what: 'adamW against Keras', optimizer: adamW(), library: 'keras', name: 'AdamW', arguments: {} },
  {
    what: 'lookahead',
    optimizer: lookahead(sgd({ learningRate: 0.1 }), { steps: 3, alpha: 0.4 }),
    library: 'numpy',
    name: 'Lookahead',
    arguments: { steps: 3, alpha: 0.4 },
  },
  { what: 'lion', optimizer: lion(), library: 'timm', name: 'Lion', arguments: {} },
  {
    what: 'lion, other numbers',
    optimizer: lion({ learningRate: 0.01, beta1: 0.8, beta2: 0.95, weightDecay: 0.3 }),
    library: 'timm',
    name: 'Lion',
    arguments: { betas: [0.8, 0.95], weight_decay: 0.3 },
  },
  { what: 'lamb', optimizer: lamb(), library: 'timm', name: 'Lamb', arguments: { max_grad_norm: null } },
  {
    what: 'lamb, a bias',
    optimizer: ruleFor(lamb(), { name: 'b', shape: [5, 7], role: 'bias' }),
    library: 'timm',
    name: 'Lamb',
    arguments: { max_grad_norm: null, weight_decay: 0 },
  },
  {
    what: 'lamb, other numbers',
    optimizer: lamb({ learningRate: 0.05, beta1: 0.8, beta2: 0.9, epsilon: 0.01, weightDecay: 0.2 }),
    library: 'timm',
    name: 'Lamb',
    arguments: { betas: [0.8, 0.9], eps: 0.01, weight_decay: 0.2, max_grad_norm: null },
  },
  {
    what: "muon against PyTorch's",
    optimizer: muon({ nesterov: true, normalizeKernels: false, iterations: 5, momentum: 0.95 }),
    library: 'torch',
    name: 'Muon',
    arguments: { momentum: 0.95, nesterov: true, ns_steps: 5, weight_decay: 0 },
  },
  muonCase('muon, wide', [6, 4, 3, 3]),
  muonCase('muon, a dense layer', [12, 5]),
  muonCase('muon, tall', [40, 2, 3, 3]),
  muonCase('muon, plain', [6, 4, 3, 3], { nesterov: false, normalizeKernels: false, iterations: 5, momentum: 0.95 }),
]

/** The rate changes from step to step, as under a schedule. */
const factorOf = (step: number): number => 1 - 0.07 * step
const shapeOf = ({ shape }: OptimizerCase): readonly number[] => shape ?? [5, 7]
function drawn(name: string, shape: readonly number[], size: number): Float32Array {
  const stream = randomStream(23, name)
  return Float32Array.from({ length: sizeOf(shape) }, () => size * stream.normal())
}
const gradientsOf = (c: OptimizerCase): Float32Array[] =>
  Array.from({ length: STEPS }, (_, step) => drawn(`${c.what} ${step}`, shapeOf(c), 0.3))

/** The rule alone as a graph: gradients come in from outside. Weights after each step. */
async function run(c: OptimizerCase): Promise<Float32Array[]> {
  const { optimizer } = c
  const shape = shapeOf(c)
  const graph = new Graph('update')
  const [w, g] = [graph.input('w', 'float32', shape), graph.input('g', 'float32', shape)]
  const slots = Object.fromEntries(optimizer.slots.map(slot => [slot, graph.input(slot, 'float32', shape)]))
  const names = Object.keys(optimizer.scalars(1, optimizer.learningRate))
  const scalars = Object.fromEntries(names.map(name => [name, graph.input(`scalar/${name}`, 'float32', [])]))
  const updated = optimizer.update({ parameter: w, gradient: g, slots, scalars, decays: true })
  expect(Object.keys(updated.slots)).toEqual(optimizer.slots)
  graph.output(updated.parameter, 'next/w')
  for (const slot of optimizer.slots) graph.output(updated.slots[slot]!, `next/${slot}`)
  const session = await createSession(encodeModel(graph), { threads: 1 })
  const state: Record<string, Tensor> = { w: tensor('float32', shape, drawn(c.what, shape, 1)) }
  for (const slot of optimizer.slots) {
    const copies = optimizer.initialSlots?.[slot] === 'parameter'
    state[slot] = tensor('float32', shape, ...(copies ? [drawn(c.what, shape, 1)] : []))
  }
  const weights: Float32Array[] = []
  for (const [step, gradient] of gradientsOf(c).entries()) {
    const rates = optimizer.scalars(step + 1, optimizer.learningRate * factorOf(step))
    const fed = Object.fromEntries(Object.entries(rates).map(([name, value]) => [`scalar/${name}`, scalar(value)]))
    const next = await session.run({ ...state, ...fed, g: tensor('float32', shape, gradient) })
    for (const name of Object.keys(state)) state[name] = next[`next/${name}`]!
    weights.push(state.w!.data as Float32Array)
  }
  await session.release()
  return weights
}

const progress = { totalSteps: 120, stepsPerEpoch: 20 }
const schedules: readonly { what: string; schedule: Schedule; name: string; arguments: Record<string, unknown> }[] = [
  {
    what: 'step',
    schedule: stepDecay({ epochs: 2, factor: 0.5 }),
    name: 'ExponentialDecay',
    arguments: { decay_steps: 40, decay_rate: 0.5, staircase: true },
  },
  {
    what: 'exponential',
    schedule: exponentialDecay({ factor: 0.9 }),
    name: 'ExponentialDecay',
    arguments: { decay_steps: 20, decay_rate: 0.9 },
  },
  {
    what: 'linear',
    schedule: linearDecay({ end: 0.1 }),
    name: 'PolynomialDecay',
    arguments: { decay_steps: 120, end_learning_rate: 0.1, power: 1 },
  },
  {
    what: 'cosine',
    schedule: cosineDecay({ end: 0.05 }),
    name: 'CosineDecay',
    arguments: { decay_steps: 120, alpha: 0.05 },
  },
]

describe.skipIf(!interpreter)('update rules and schedules against PyTorch, timm, Keras and NumPy', () => {
  const ours = new Map<OptimizerCase, Float32Array[]>()
  const theirs = new Map<OptimizerCase, Answer[]>()
  const rates: Answer[] = []

  beforeAll(async () => {
    const parcel = new Parcel()
    const requests = []
    for (const c of cases) {
      ours.set(c, await run(c))
      requests.push({
        library: c.library,
        name: c.name,
        arguments: c.arguments,
        weights: parcel.put(shapeOf(c), drawn(c.what, shapeOf(c), 1)),
        gradients: gradientsOf(c).map(gradient => parcel.put(shapeOf(c), gradient)),
        rates: Array.from({ length: STEPS }, (_, step) => c.optimizer.learningRate * factorOf(step)),
      })
    }
    const steps = Array.from({ length: progress.totalSteps }, (_, step) => step)
    const answers = parcel.send(interpreter!, 'optimizers.py', {
      cases: requests,
      schedules: schedules.map(({ name, arguments: given }) => ({ name, arguments: given, steps })),
    })
    for (const c of cases) theirs.set(c, Array.from({ length: STEPS }, answers.next))
    for (const _ of schedules) rates.push(answers.next())
    expect(answers.left()).toBe(0)
  })

  it.each(cases.map(c => [c.what, c] as const))('%s: weights after each of ten steps', (_, c) => {
    const distances = ours.get(c)!.map((weights, step) => farthest(weights, theirs.get(c)![step]!.data))
    expect(Math.max(...distances), distances.map(d => d.toExponential(1)).join(', ')).toBeLessThan(TOLERANCE)
    // Planted error: the weights of the step before must not pass.
    expect(farthest(ours.get(c)!.at(-2)!, theirs.get(c)!.at(-1)!.data)).toBeGreaterThan(TOLERANCE)
  })

  it('says how near', () => {
    const worst = cases.map(c => Math.max(...ours.get(c)!.map((w, i) => farthest(w, theirs.get(c)![i]!.data))))
    console.log(cases.map((c, i) => `${c.what} ${worst[i]!.toExponential(1)}`).join('; '))
  })

  it.each(schedules.map((s, i) => [s.what, s, i] as const))('schedule %s', (_, { schedule }, i) => {
    const factors = Array.from({ length: progress.totalSteps }, (_, step) => schedule({ step, ...progress }))
    expect(farthest(factors, rates[i]!.data)).toBeLessThan(TOLERANCE)
    expect(
      farthest(
        factors.map(f => f * 1.00001),
        rates[i]!.data,
      ),
    ).toBeGreaterThan(TOLERANCE)
  })
})
