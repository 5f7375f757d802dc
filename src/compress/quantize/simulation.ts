import { float32, scalar, type Tensor, tensor } from '../../core/tensor.js'
import { type ImageSet, imageSizeBytes } from '../../data/image-set.js'
import type { Graph, Node, Value } from '../../onnx/ir.js'
import { encodeModel } from '../../onnx/protobuf/index.js'
import { rewrite } from '../../onnx/rewrite.js'
import { add } from '../../ops/add.js'
import { dequantizeLinear } from '../../ops/dequantize-linear.js'
import { identity } from '../../ops/identity.js'
import { mul } from '../../ops/mul.js'
import { quantizeLinear } from '../../ops/quantize-linear.js'
import { reduceMean } from '../../ops/reduce-mean.js'
import { sub } from '../../ops/sub.js'
import { createSession } from '../../runtime/node.js'
import type { Session } from '../../runtime/session.js'
import { batchOf, type Ranges } from './calibrate.js'
import { activationParameters, dequantizeWeights, quantizeWeights } from './parameters.js'
import { pixelForm } from './pixels.js'
import { isCarrier, type QuantizationPlan, type QuantizedLayer, readsPixels } from './plan.js'
import type { WriteOptions } from './write-qdq.js'

/** Which layers are quantised in a run (1) and which are not (0), and what is added to the biases, by the weight of the layer. */
export interface SimulationRun {
  quantized: (layer: QuantizedLayer) => boolean
  corrections?: ReadonlyMap<Value, Float32Array>
}

export interface Simulated {
  /** Of every image, row after row. */
  probabilities: Float32Array
  /** Mean over images and places of each output of a layer, all views of it together, [channels]. */
  means: ReadonlyMap<QuantizedLayer, Float64Array>
}

/**
 * The float network in which any layer can be quantised alone: its input and its weights go through 8 bits where its
 * gate is open. Roundings that belong to no layer are left out: sums, and the channel that carries the mean of pixels
 * (see pixelForm). One session serves every choice, because sessions do not give all their memory back.
 */
export class Simulation {
  private float: Promise<Simulated> | undefined
  private constructor(
    private readonly session: Session,
    private readonly plan: QuantizationPlan,
    private readonly images: ImageSet,
    private readonly batchSize: number,
    private readonly probabilities: string,
  ) {}

  static async open(
    plan: QuantizationPlan,
    ranges: Ranges,
    images: ImageSet,
    options: WriteOptions & { threads?: number },
  ): Promise<Simulation> {
    const graph = simulatedGraph(plan, ranges, options)
    const { threads } = options
    const session = await createSession(encodeModel(graph), {
      // The runtime's own integer rewriting is for what is written; here numbers count.
      optimization: 'basic',
      keepMemory: false,
      ...(threads === undefined ? {} : { threads }),
    })
    const batchSize = batchOf(plan.graph.inputs[0]!.shape[0]!, images, 0)
    return new Simulation(session, plan, images, batchSize, graph.outputs[0]!.name)
  }

  /** Probabilities of every image, row after row. */
  async predict(run: SimulationRun): Promise<Float32Array> {
    return (await this.run(run)).probabilities
  }

  /** Mean over images and places of each output of a layer, all views of it together, [channels]. */
  async meanOutputs(layer: QuantizedLayer, run: SimulationRun): Promise<Float64Array> {
    return (await this.run(run)).means.get(layer)!
  }

  /** The network in float32: what everything is compared with, computed once. */
  exact(): Promise<Simulated> {
    return (this.float ??= this.run({ quantized: () => false }))
  }

  private async run(run: SimulationRun): Promise<Simulated> {
    const probabilities: number[] = []
    const means = new Map(this.plan.layers.map(layer => [layer, new Float64Array(channelsOf(layer))]))
    await this.each(run, (results, n) => {
      probabilities.push(...(results[this.probabilities]!.data as Float32Array))
      this.plan.layers.forEach((layer, i) => {
        const sums = means.get(layer)!
        for (const view of layer.nodes.keys())
          (results[meanName(i, view)]!.data as Float32Array).forEach((mean, c) => {
            sums[c]! += (mean * n) / (layer.nodes.length * this.images.count)
          })
      })
    })
    return { probabilities: Float32Array.from(probabilities), means }
  }

  release(): Promise<void> {
    return this.session.release()
  }

  private async each(
    { quantized, corrections }: SimulationRun,
    take: (results: Readonly<Record<string, Tensor>>, count: number) => void,
  ): Promise<void> {
    const feeds: Record<string, Tensor> = {}
    this.plan.layers.forEach((layer, i) => {
      feeds[gateName(i)] = scalar(quantized(layer) ? 1 : 0)
      if (layer.bias)
        feeds[correctionName(i)] = float32(corrections?.get(layer.weight) ?? new Float32Array(channelsOf(layer)))
    })
    const { images, batchSize } = this
    const size = imageSizeBytes(images.shape)
    for (let from = 0; from < images.count; from += batchSize) {
      const n = Math.min(batchSize, images.count - from)
      const bytes = images.images.slice(from * size, (from + n) * size)
      const input = this.plan.graph.inputs[0]!.name
      take(await this.session.run({ ...feeds, [input]: tensor('uint8', [n, ...images.shape], bytes) }), n)
    }
  }
}

const gateName = (layer: number): string => `quantize/${layer}/gate`
const correctionName = (layer: number): string => `quantize/${layer}/correction`
const meanName = (layer: number, view: number): string => `quantize/${layer}/mean/${view}`
const channelsOf = ({ weight, axis }: QuantizedLayer): number => weight.shape[axis] as number

function simulatedGraph(plan: QuantizationPlan, ranges: Ranges, options: WriteOptions): Graph {
  const gates = new Map<QuantizedLayer, readonly [gate: Value, w: Value, correction: Value | undefined]>()
  const means: [Value, string][] = []
  const graph = rewrite(
    plan.graph,
    (node, [x, weight, bias], target) => {
      const layer = plan.layerOf.get(node)
      if (!layer) return undefined
      const i = plan.layers.indexOf(layer)
      let parts = gates.get(layer)
      if (!parts) {
        const gate = target.input(gateName(i), 'float32', [])
        const w = add(weight!, mul(gate, target.initializer(`${gateName(i)}/error`, weightError(layer, plan, options))))
        const correction = bias && target.input(correctionName(i), 'float32', [channelsOf(layer)])
        gates.set(layer, (parts = [gate, w, correction]))
      }
      const [gate, w, correction] = parts
      const inputs = [throughBytes(node, x!, gate), w, ...(bias ? [add(bias, correction!)] : [])]
      const y = target.add(node.op, inputs, node.attributes, { name: node.name })
      const axes = y.shape.map((_, axis) => axis).filter(axis => axis !== 1)
      means.push([reduceMean(y, axes, false), meanName(i, layer.nodes.indexOf(node))])
      return [y]
    },
    identity,
  )
  for (const [mean, name] of means) graph.output(mean, name)
  return graph

  function throughBytes(node: Node, x: Value, gate: Value): Value {
    const origin = originOf(plan, node.inputs[0]!)
    // Bytes of images are exact.
    if (origin === plan.pixels?.value) return x
    const { scale, zeroPoint } = activationParameters(ranges.get(origin.name)!)
    const graph = x.graph
    const constants = [scalar(scale), tensor('uint8', [], Uint8Array.of(zeroPoint))].map(held => graph.constant(held))
    const [s, z] = constants as [Value, Value]
    return add(x, mul(gate, sub(dequantizeLinear(quantizeLinear(x, s, z), s, z), x)))
  }
}

/** The value whose bytes these are: what only moves numbers keeps their scale. */
function originOf({ quantized }: QuantizationPlan, value: Value): Value {
  let origin = value
  while (origin.producer && isCarrier(origin.producer) && quantized.has(origin.producer.inputs[0]!))
    origin = origin.producer.inputs[0]!
  return origin
}

function weightError(layer: QuantizedLayer, plan: QuantizationPlan, options: WriteOptions): Tensor {
  const { weights, format, rounded } = options
  const w = layer.weight.constant!
  const along = weights === 'per-channel' ? layer.axis : undefined
  const form = readsPixels(plan, layer) ? pixelForm(plan.pixels!) : undefined
  const ready = rounded?.get(layer.weight) ?? quantizeWeights(form?.rewrite(w, []).w ?? w, along, format)
  const given = dequantizeWeights(ready, along, format)
  const kept = form?.restore(given) ?? given
  return float32(
    Array.from(kept.data as Float32Array, (value, i) => value - (w.data[i] as number)),
    w.shape,
  )
}
