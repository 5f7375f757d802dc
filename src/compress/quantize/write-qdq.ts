import { FoveaError } from '../../core/errors.js'
import { scalar, type Tensor, tensor } from '../../core/tensor.js'
import { Graph, type Node, type Value } from '../../onnx/ir.js'
import { liveNodes } from '../../onnx/rewrite.js'
import { verifyGraph } from '../../onnx/verify.js'
import { Clip } from '../../ops/clip.js'
import { Conv } from '../../ops/conv.js'
import { dequantizeLinear } from '../../ops/dequantize-linear.js'
import { identity } from '../../ops/identity.js'
import type { WeightFormat } from '../../ops/kinds/quantization.js'
import { quantizeLinear } from '../../ops/quantize-linear.js'
import type { QuantizationAware } from '../../train/fake-quantization.js'
import type { Ranges } from './calibrate.js'
import {
  type ActivationParameters,
  activationParameters,
  formatFacts,
  type QuantizedWeights,
  quantizeBias,
  quantizeWeights,
} from './parameters.js'
import { addConstantChannel, type PixelForm, pixelForm } from './pixels.js'
import { isCarrier, isLayerOperator, isRectifier, type QuantizationPlan, type QuantizedLayer } from './plan.js'

export interface WriteOptions extends QuantizationAware {
  /** Added to the biases of layers, by their weights. */
  corrections?: ReadonlyMap<Value, Float32Array>
  /** Weights that were rounded already, by the weights; the nearest integers for others. */
  rounded?: ReadonlyMap<Value, RoundedWeights>
}

export interface RoundedWeights extends QuantizedWeights {
  /** For the bytes of images, as pixelForm rewrites them. */
  ofPixels: boolean
}

/** A value as 8-bit numbers, in the graph being written. */
interface Quantized extends ActivationParameters {
  q: Value
  /** Scale and zero point as initializers. */
  constants: readonly [Value, Value]
  /** What the layers that read it have to do with their weights; only images have it. */
  pixels?: PixelForm
}

/**
 * The integer twin of a prepared graph in QDQ form: every layer between DequantizeLinear and QuantizeLinear, which the
 * runtime fuses into its integer kernels, and which any other runtime computes as it stands. Pooling, reshaping and
 * slicing work on the bytes themselves.
 */
export const writeQdq = (plan: QuantizationPlan, ranges: Ranges, options: WriteOptions): Graph =>
  new Writer(plan, ranges, options).write()

class Writer {
  private readonly target: Graph
  private readonly floats = new Map<Value, Value>()
  private readonly bytes = new Map<Value, Quantized>()
  private readonly stored = new Map<string, Value>()

  constructor(
    private readonly plan: QuantizationPlan,
    private readonly ranges: Ranges,
    private readonly options: WriteOptions,
  ) {
    this.target = new Graph(plan.graph.name)
  }

  write(): Graph {
    const { graph, pixels } = this.plan
    for (const input of graph.inputs) this.floats.set(input, this.target.input(input.name, input.dtype, input.shape))
    if (pixels) {
      const form = pixelForm(pixels)
      const images = this.floats.get(pixels.images)!
      const q = form.constant === undefined ? images : addConstantChannel(images, form.constant)
      const constants = this.scaleAndZero(pixels.images.name, form)
      this.bytes.set(pixels.value, { q, constants, scale: form.scale, zeroPoint: form.zeroPoint, pixels: form })
    }
    const skipped = new Set(pixels?.nodes)
    for (const node of liveNodes(graph)) if (!skipped.has(node)) this.node(node)
    for (const output of graph.outputs) {
      const image = this.float(output)
      const own = image.producer && !this.target.outputs.includes(image) ? image : identity(image)
      this.target.output(own, output.name)
    }
    return verifyGraph(this.target)
  }

  private node(node: Node): void {
    const [x, y] = [node.inputs[0], node.outputs[0]!]
    const held = x && this.bytes.get(x)
    const wanted = this.plan.quantized.has(y)
    if (this.plan.absorbed.has(node)) this.floats.set(y, this.float(x!))
    else if (wanted && held && (isCarrier(node) || isRectifier(node))) {
      this.bytes.set(y, { ...held, q: this.onBytes(node, held) })
      return
    } else {
      const layer = this.plan.layerOf.get(node)
      const inputs = layer ? this.layerInputs(node, layer) : this.floatInputs(node)
      const options = { outputs: node.outputs.length, name: node.name }
      const images = this.target.addMany(node.op, inputs, node.attributes, options)
      node.outputs.forEach((output, i) => {
        this.floats.set(output, images[i]!)
      })
    }
    if (wanted) this.quantize(y)
  }

  /** An operator that only moves numbers, or cuts at zero, on the bytes. */
  private onBytes(node: Node, { q, scale, zeroPoint }: Quantized): Value {
    if (isRectifier(node)) {
      const byte = (value: number): Value => this.constant(tensor('uint8', [], Uint8Array.of(value)))
      const high = node.inputs[2]?.constant
      const ceiling = high ? Math.round(Number(high.data[0]) / scale) + zeroPoint : 255
      return this.target.add(Clip, [q, byte(zeroPoint), byte(Math.min(ceiling, 255))], {}, { name: node.name })
    }
    const others = node.inputs.slice(1).map(input => input && this.constantOf(input))
    return this.target.add(node.op, [q, ...others], node.attributes, { name: node.name })
  }

  private quantize(value: Value): void {
    const range = this.ranges.get(value.name)
    if (!range)
      throw new FoveaError({ where: value.name, expected: 'a range of every value', received: 'none for this one' })
    const parameters = activationParameters(range)
    const float = this.floats.get(value)!
    const constants = this.scaleAndZero(value.name, parameters)
    this.bytes.set(value, { ...parameters, constants, q: quantizeLinear(float, ...constants) })
    this.floats.delete(value)
  }

  /** The value as floats: as computed, or what its bytes stand for (read anew by each reader, as the runtime wants). */
  private float(value: Value): Value {
    const known = this.floats.get(value)
    if (known) return known
    const held = this.bytes.get(value)
    if (held) return dequantizeLinear(held.q, ...held.constants)
    return this.constantOf(value)
  }

  private constantOf(value: Value): Value {
    const held = value.constant
    if (!held) throw new Error(`no image of '${value.name}' in the graph being built`)
    return this.once(value.name, () => this.target.initializer(value.name, held))
  }

  private constant(held: Tensor): Value {
    return this.target.constant(held)
  }

  private once(key: string, make: () => Value): Value {
    const known = this.stored.get(key) ?? make()
    this.stored.set(key, known)
    return known
  }

  private scaleAndZero(name: string, { scale, zeroPoint }: ActivationParameters): [Value, Value] {
    return [
      this.target.initializer(`${name}/scale`, scalar(scale)),
      this.target.initializer(`${name}/zero`, tensor('uint8', [], Uint8Array.of(zeroPoint))),
    ]
  }

  private layerInputs(node: Node, layer: QuantizedLayer): Value[] {
    const { format, weights, corrections, rounded } = this.options
    const x = this.bytes.get(node.inputs[0]!)
    if (!x) throw new Error(`the input of '${node.name}' is not quantised`)
    const channels = layer.weight.shape[layer.axis] as number
    const correction = corrections?.get(layer.weight) ?? new Float32Array(channels)
    const bias = Array.from(correction, (moved, c) => moved + (layer.bias ? Number(layer.bias.constant!.data[c]) : 0))
    const form = x.pixels?.rewrite(layer.weight.constant!, bias) ?? { w: layer.weight.constant!, bias }
    const axis = weights === 'per-channel' ? layer.axis : undefined
    const leastScale = (place: number): number => {
      const largest = axis === undefined ? Math.max(...form.bias.map(Math.abs)) : Math.abs(form.bias[place]!)
      return largest / (x.scale * 2 ** 30)
    }
    const ready = rounded?.get(layer.weight)
    const fits =
      ready?.ofPixels === Boolean(x.pixels) && ready.scales.every((scale, place) => scale >= leastScale(place))
    const { q, scales } = fits ? ready : quantizeWeights(form.w, axis, format, leastScale)
    const { name } = layer.weight
    const scale = this.vector(`${name}/scale`, scales, axis)
    const zero = this.once(`${name}/zero`, () => this.target.initializer(`${name}/zero`, zeros(scale, format)))
    const stored = this.once(name, () => this.target.initializer(name, q))
    const along = axis === undefined ? {} : { axis }
    const w = dequantizeLinear(stored, scale, zero, along)
    const data = dequantizeLinear(x.q, ...x.constants)
    if (node.op !== Conv && !layer.bias) return [data, w]
    const units = Float32Array.from(scales, s => Math.fround(s * x.scale))
    const biasName = `${node.name}/bias`
    const integers = this.target.initializer(biasName, tensor('int32', [channels], quantizeBias(form.bias, units)))
    const biasScale = this.vector(`${biasName}/scale`, units, axis)
    return [data, w, dequantizeLinear(integers, biasScale, undefined, axis === undefined ? {} : { axis: 0 })]
  }

  /**
   * The runtime rounds the float weights of a layer that it finds between DequantizeLinear and QuantizeLinear, with
   * what only moves numbers in between. A layer that stays in float is kept from it by a Clip that cuts nothing.
   */
  private floatInputs(node: Node): (Value | undefined)[] {
    const inputs = node.inputs.map(input => input && this.float(input))
    if (!isLayerOperator(node)) return inputs
    let origin = node.inputs[0]!
    while (!this.bytes.has(origin) && origin.producer && isCarrier(origin.producer)) origin = origin.producer.inputs[0]!
    const held = this.bytes.get(origin)
    if (!held) return inputs
    const { scale, zeroPoint } = held
    const bounds = [-zeroPoint, 255 - zeroPoint].map(q => this.constant(scalar(2 * scale * q)))
    return [this.target.add(Clip, [inputs[0], ...bounds], {}, { name: `${node.name}/whole` }), ...inputs.slice(1)]
  }

  private vector(name: string, values: Float32Array, axis: number | undefined): Value {
    const shape = axis === undefined ? [] : [values.length]
    return this.once(name, () => this.target.initializer(name, tensor('float32', shape, values)))
  }
}

function zeros(scale: Value, format: WeightFormat): Tensor {
  const { dtype, zeroPoint } = formatFacts[format]
  const held = tensor(dtype, scale.shape as number[])
  held.data.fill(zeroPoint as never)
  return held
}
