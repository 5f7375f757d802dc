import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { classifierOf } from '../../classifier/load.js'
import { predict } from '../../classifier/predict.js'
import { sampleClassifier, sampleNetworks, sampleSet } from '../../export/testing/sample-networks.js'
import type { Value } from '../../onnx/ir.js'
import { decodeModel, encodeModel } from '../../onnx/protobuf/index.js'
import { operators } from '../../ops/index.js'
import { biasCorrections } from './bias-correction.js'
import { calibrate, type Ranges } from './calibrate.js'
import { planQuantization, type QuantizationPlan } from './plan.js'
import { prepare } from './prepare.js'
import { layerSensitivities, signalToErrorDb } from './sensitivity.js'
import { Simulation } from './simulation.js'
import { writeQdq } from './write-qdq.js'

const set = sampleSet(70)
const classifier = sampleClassifier(sampleNetworks['residual, strided']!, 'mirror')
const form = { format: 'uint8', weights: 'per-tensor' } as const
let plan: QuantizationPlan
let ranges: Ranges
let simulation: Simulation

beforeAll(async () => {
  const graph = prepare(decodeModel(classifier.model, { operators }).graph)
  plan = planQuantization(graph)
  ranges = await calibrate(graph, set, { method: 'mse' })
  simulation = await Simulation.open(plan, ranges, set, form)
})
afterAll(() => simulation.release())

const all = () => true
const none = () => false

describe('Simulation', () => {
  it('is the float network where no layer is quantised, and near the integer one where all are', async () => {
    const float = await predict(classifier, set.images)
    expect(signalToErrorDb(float, await simulation.predict({ quantized: none }))).toBeGreaterThan(100)
    const simulated = await simulation.predict({ quantized: all })
    const integer = await predict(classifierOf(encodeModel(writeQdq(plan, ranges, form))), set.images)
    const [own, real] = [signalToErrorDb(float, simulated), signalToErrorDb(float, integer)]
    // It leaves out the roundings that belong to no layer: residual sums, and the channel that carries the mean of the pixels.
    expect(own - real, `${own} and ${real} dB`).toBeGreaterThan(-1)
    expect(own - real, `${own} and ${real} dB`).toBeLessThan(6)
  })

  it('adds what corrections say to the mean of the outputs', async () => {
    const layer = plan.layers[0]!
    const before = await simulation.meanOutputs(layer, { quantized: none })
    const moved = Float32Array.from(before, (_, c) => c / 4)
    const after = await simulation.meanOutputs(layer, {
      quantized: none,
      corrections: new Map([[layer.weight, moved]]),
    })
    after.forEach((mean, c) => {
      expect(mean).toBeCloseTo(before[c]! + c / 4, 5)
    })
  })
})

describe('layerSensitivities', () => {
  it('finds the layer whose weights are coarse (planted)', async () => {
    const sound = await layerSensitivities(plan, simulation)
    expect(sound.map(({ name }) => name)).toEqual(plan.layers.map(({ name }) => name))
    const layer = plan.layers[2]!
    const wide = new Map(ranges)
    const input = layer.nodes[0]!.inputs[0]!.name
    wide.set(input, ranges.get(input)!.map(end => 60 * end) as [number, number])
    const worse = await Simulation.open(plan, wide, set, form)
    const found = await layerSensitivities(plan, worse)
    await worse.release()
    expect(found[2]!.signalToErrorDb).toBeLessThan(sound[2]!.signalToErrorDb - 10)
    expect(found[0]!.signalToErrorDb).toBeCloseTo(sound[0]!.signalToErrorDb, 3)
  })
})

describe('biasCorrections', () => {
  const error = async (corrections?: ReadonlyMap<Value, Float32Array>): Promise<number> => {
    let sum = 0
    for (const layer of plan.layers) {
      const exact = await simulation.meanOutputs(layer, { quantized: none })
      const mean = await simulation.meanOutputs(layer, { quantized: all, ...(corrections ? { corrections } : {}) })
      exact.forEach((m, c) => {
        sum += Math.abs(m - mean[c]!)
      })
    }
    return sum
  }

  it('brings the mean of every channel of every layer back', async () => {
    const corrected = await error(await biasCorrections(plan, simulation, new Set()))
    const plain = await error()
    expect(corrected).toBeLessThan(plain / 100)
    // Planted: a correction of the wrong sign.
    const corrections = await biasCorrections(plan, simulation, new Set())
    expect(await error(new Map([...corrections].map(([w, moved]) => [w, moved.map(x => -x)])))).toBeGreaterThan(plain)
  })
})
