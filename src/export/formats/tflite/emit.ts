import { FoveaError } from '../../../core/errors.js'
import { bytesOf } from '../../../core/tensor.js'
import type { Graph, Value } from '../../../onnx/ir.js'
import type { Precision } from '../../format.js'
import { Assembly, bytes } from './assembly.js'
import {
  type Affine,
  INTEGER_KERNELS,
  quantizeBias,
  quantizeConstant,
  quantizeKernel,
  type Range,
  SCALE_OF_OUTPUT,
  Scales,
} from './integers.js'
import { type Operand, sizesOf } from './lowerings.js'
import type { TensorQuantization, TfliteModel } from './model.js'
import { type PlannedOperator, planOperators, readersOf } from './plan.js'
import { type BuiltinName, TENSOR_TYPES, type TensorType } from './schema.js'

/**
 * Ends of the model. uint8: images of bytes in; float: images of float32 0..255 in; int8: images of bytes minus 128 in
 * and integers out. Probabilities are float32 but for int8.
 */
export type Ends = 'uint8' | 'float' | 'int8'

export interface EmitOptions {
  precision: Precision
  ends: Ends
  /** For int8: the range of every float value. */
  ranges?: ReadonlyMap<Value, Range>
}

/** The pixel as it is, shifted into int8. */
const PIXELS: Affine = { scale: 1, zeroPoint: -128 }

const perTensor = ({ scale, zeroPoint }: Affine): TensorQuantization => ({
  scale: [scale],
  zeroPoint: [zeroPoint],
  axis: 0,
})

/** A channels-last graph of one image input and one output as TFLite operators. */
export const emitModel = (graph: Graph, options: EmitOptions): Omit<TfliteModel, 'description' | 'metadata'> =>
  new Emitter(graph, options).emit()

class Emitter {
  private readonly ids = new Map<Value, number>()
  private readonly scales: Scales | undefined
  private readonly planned: readonly PlannedOperator[]
  private readonly assembly: Assembly
  private readonly indices: Map<string, number>

  constructor(
    private readonly graph: Graph,
    private readonly options: EmitOptions,
  ) {
    this.planned = planOperators(graph)
    this.assembly = new Assembly(options.precision === 'fp16')
    this.indices = this.assembly.indices
    if (options.precision === 'int8')
      this.scales = new Scales(this.planned, options.ranges ?? new Map(), readersOf(graph))
  }

  emit(): Omit<TfliteModel, 'description' | 'metadata'> {
    const [images] = this.graph.inputs as [Value]
    const [probabilities] = this.graph.outputs as [Value]
    this.assembly.names.add(images.name).add(probabilities.name)
    const input = this.emitInput(images)
    for (const planned of this.planned)
      if (!this.indices.has(this.key(planned.outputs[0]!, 'main'))) this.emitNode(planned)
    return {
      tensors: this.assembly.tensors,
      operators: this.assembly.operators,
      inputs: [input],
      outputs: [this.emitOutput(probabilities)],
    }
  }

  /** The image as the caller gives it. Integers and floats take the place of the graph's own conversion of bytes. */
  private emitInput(images: Value): number {
    const { ends } = this.options
    const readers = this.planned.filter(({ node }) => node.inputs.includes(images))
    const casts = readers.every(({ node }) => node.op.name === 'Cast')
    const taken = (type: TensorType, quantization?: TensorQuantization): number =>
      this.assembly.tensor(
        { name: images.name, type, shape: sizesOf(images.shape), ...(quantization ? { quantization } : {}) },
        true,
      )
    if (!this.scales && ends === 'uint8') return this.remember(images, 'main', taken('UINT8'))
    if (!casts)
      throw new FoveaError({
        where: images.name,
        expected: 'a graph that converts its images to floats first',
        received: readers.map(({ node }) => node.op.name).join(', '),
        fix: 'export it with bytes as input',
      })
    const casted = readers.map(({ outputs }) => outputs[0]!)
    if (!this.scales) {
      const input = taken('FLOAT32')
      for (const value of casted) this.remember(value, 'main', input)
      return input
    }
    for (const value of casted) this.scales.fix(value, PIXELS)
    const type = ends === 'int8' ? 'INT8' : ends === 'uint8' ? 'UINT8' : 'FLOAT32'
    const zeroPoint = ends === 'int8' ? -128 : 0
    const input = taken(type, ends === 'float' ? undefined : perTensor({ scale: 1, zeroPoint }))
    const pixels = ends === 'int8' ? input : this.converted(input, casted[0]!, PIXELS)
    for (const value of casted) this.remember(value, 'main', pixels)
    return input
  }

  private emitOutput(value: Value): number {
    const held = this.valueTensor(value)
    if (!this.scales || this.options.ends === 'int8') return held
    const output = this.assembly.tensor({ name: value.name, type: 'FLOAT32', shape: sizesOf(value.shape) }, true)
    this.assembly.operator('DEQUANTIZE', [held], [output])
    return output
  }

  private emitNode({ lowered, outputs, activation, grouped }: PlannedOperator): void {
    const { builtin, operands } = lowered
    const integers = this.scales !== undefined && INTEGER_KERNELS.has(builtin)
    const options = { ...lowered.options, ...(activation ? { activation } : {}) }
    const wanted = integers && SCALE_OF_OUTPUT.has(builtin) ? this.scales!.of(outputs[0]!) : undefined
    const first = operands.find(operand => operand.kind === 'value') as { value: Value } | undefined
    const inputs = operands.map(operand =>
      this.operandTensor(operand, operands, integers, first?.value, builtin, wanted),
    )
    const island = this.scales !== undefined && !integers
    const results = outputs.map(output =>
      island && output.dtype === 'float32' ? this.floatTensor(output) : this.valueTensor(output),
    )
    this.assembly.operator(builtin, inputs, results, options, grouped)
    if (island)
      outputs.forEach((output, i) => {
        if (output.dtype === 'float32') this.assembly.operator('QUANTIZE', [results[i]!], [this.valueTensor(output)])
      })
  }

  private operandTensor(
    operand: Operand,
    all: readonly Operand[],
    integers: boolean,
    first: Value | undefined,
    builtin: BuiltinName,
    wanted: Affine | undefined,
  ): number {
    switch (operand.kind) {
      case 'ints': {
        const shape = operand.shape ?? [operand.values.length]
        return this.assembly.constant(`ints ${operand.values} ${shape}`, builtin.toLowerCase(), {
          type: 'INT32',
          shape,
          data: bytesOf({ dtype: 'int32', shape: [], data: Int32Array.from(operand.values) }),
        })
      }
      case 'kernel': {
        if (!integers) return this.assembly.floats(operand.name, operand.held)
        const { data, quantization } = this.kernel(operand, all, first!)
        return this.assembly.tensor({
          name: operand.name,
          type: 'INT8',
          shape: operand.held.shape,
          data: bytes(data),
          quantization,
        })
      }
      case 'bias': {
        if (!integers) return this.assembly.floats(operand.name, operand.held)
        const kernel = all.find(other => other.kind === 'kernel')!
        const { quantization } = this.kernel(kernel, all, first!)
        const { data, quantization: own } = quantizeBias(operand.held, this.scales!.of(first!).scale, quantization)
        return this.assembly.tensor({
          name: operand.name,
          type: 'INT32',
          shape: operand.held.shape,
          data: bytes(data),
          quantization: own,
        })
      }
      case 'value':
        return this.valueOperand(operand.value, integers, builtin === 'PADV2' ? this.scales?.of(first!) : wanted)
    }
  }

  private kernel(operand: Extract<Operand, { kind: 'kernel' }>, all: readonly Operand[], first: Value) {
    const bias = all.find(other => other.kind === 'bias')
    return quantizeKernel(operand.held, operand.axis, this.scales!.of(first).scale, bias?.held)
  }

  /** A value as its reader wants it: in integers of a certain scale, or as floats. */
  private valueOperand(value: Value, integers: boolean, wanted: Affine | undefined): number {
    const held = value.constant
    if (held && integers && held.dtype === 'float32') {
      const { data, quantization } = quantizeConstant(held, wanted)
      const key = `constant ${this.id(value)} ${quantization.scale} ${quantization.zeroPoint}`
      return this.assembly.constant(key, value.name, {
        type: 'INT8',
        shape: held.shape,
        data: bytes(data),
        quantization,
      })
    }
    if (held) return this.assembly.floats(value.name, held, `floats ${this.id(value)}`)
    const own = this.valueTensor(value)
    if (!this.scales || value.dtype !== 'float32') return own
    if (!integers) {
      const known = this.indices.get(this.key(value, 'float'))
      if (known !== undefined) return known
      const floats = this.floatTensor(value)
      this.assembly.operator('DEQUANTIZE', [own], [floats])
      return this.remember(value, 'float', floats)
    }
    const { scale, zeroPoint } = this.scales.of(value)
    if (!wanted || (wanted.scale === scale && wanted.zeroPoint === zeroPoint)) return own
    return this.converted(own, value, wanted)
  }

  /** The same value in integers of another scale. */
  private converted(from: number, value: Value, wanted: Affine): number {
    const key = this.key(value, `${wanted.scale} ${wanted.zeroPoint}`)
    const known = this.indices.get(key)
    if (known !== undefined) return known
    const to = this.assembly.tensor({
      name: `${value.name}/requantized`,
      type: 'INT8',
      shape: sizesOf(value.shape),
      quantization: perTensor(wanted),
    })
    this.assembly.operator('QUANTIZE', [from], [to])
    this.indices.set(key, to)
    return to
  }

  private valueTensor(value: Value): number {
    const known = this.indices.get(this.key(value, 'main'))
    if (known !== undefined) return known
    const shape = sizesOf(value.shape)
    const last = value === this.graph.outputs[0]
    // An output that is converted back leaves its name to the floats.
    const final = last && (!this.scales || this.options.ends === 'int8')
    const name = last && !final ? `${value.name}/integers` : value.name
    const integers = this.scales !== undefined && value.dtype === 'float32'
    const type = integers ? 'INT8' : (value.dtype.toUpperCase() as TensorType)
    if (!(type in TENSOR_TYPES)) throw new Error(`no type ${type}`)
    const quantization = integers ? { quantization: perTensor(this.scales!.of(value)) } : {}
    return this.remember(value, 'main', this.assembly.tensor({ name, type, shape, ...quantization }, final))
  }

  private floatTensor(value: Value): number {
    return this.assembly.tensor({ name: `${value.name}/float`, type: 'FLOAT32', shape: sizesOf(value.shape) })
  }

  private id(value: Value): number {
    const known = this.ids.get(value) ?? this.ids.size
    this.ids.set(value, known)
    return known
  }

  private key(value: Value, form: string): string {
    return `value ${this.id(value)} ${form}`
  }

  private remember(value: Value, form: string, index: number): number {
    this.indices.set(this.key(value, form), index)
    return index
  }
}
