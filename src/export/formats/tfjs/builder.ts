import type { DType } from '../../../core/dtype.js'
import { FoveaError } from '../../../core/errors.js'
import type { Shape } from '../../../core/shape.js'
import { type Tensor, tensor, toNumbers } from '../../../core/tensor.js'
import type { Value } from '../../../onnx/ir.js'
import { type TfAttribute, type TfNode, tfShape, tfTypes } from './graph-def.js'

/** A weight of the graph; its bytes go into the shards. */
export interface TfWeight {
  name: string
  held: Tensor
}

/** The GraphDef under construction: nodes in order, weights, and which node stands for which value. */
export class GraphBuilder {
  readonly nodes: TfNode[] = []
  readonly weights: TfWeight[] = []
  private readonly taken = new Set<string>()
  private readonly names = new Map<Value, string>()
  private readonly numbers = new Map<string, string>()

  /** A name that TensorFlow takes ([A-Za-z0-9._/-], no ':'), used once. */
  name(wanted: string): string {
    const base = wanted.replace(/[^A-Za-z0-9._/-]/g, '_').replace(/^[^A-Za-z0-9.]/, 'n$&')
    let name = base
    for (let i = 1; this.taken.has(name); i++) name = `${base}_${i}`
    this.taken.add(name)
    return name
  }

  add(wanted: string, op: string, input: readonly string[], attr: Record<string, TfAttribute> = {}): string {
    const name = this.name(wanted)
    this.nodes.push({ name, op, input: [...input], attr })
    return name
  }

  set(value: Value, name: string): void {
    this.names.set(value, name)
  }

  /** The node of a value; a constant is made at its first use. */
  of(value: Value): string {
    const known = this.names.get(value)
    if (known !== undefined) return known
    const held = value.constant
    if (!held) throw new Error(`'${value.name}' is not in the graph yet`)
    const name = this.constant(value.name, held)
    this.names.set(value, name)
    return name
  }

  constant(wanted: string, held: Tensor): string {
    const own = asTfTensor(held, wanted)
    const type = typeOf(own.dtype, wanted)
    const name = this.add(wanted, 'Const', [], {
      dtype: { type },
      value: { tensor: { dtype: type, tensorShape: tfShape(own.shape) } },
    })
    this.weights.push({ name, held: own })
    return name
  }

  /** Sizes, axes, bounds: int32, equal ones shared. */
  ints(values: readonly number[], shape: Shape = [values.length]): string {
    return this.shared(tensor('int32', shape, Int32Array.from(values)))
  }

  float(value: number): string {
    return this.shared(tensor('float32', [], Float32Array.of(value)))
  }

  private shared(held: Tensor): string {
    const key = `${held.dtype} ${held.shape} ${toNumbers(held)}`
    const known = this.numbers.get(key) ?? this.constant('constant', held)
    this.numbers.set(key, known)
    return known
  }
}

export function typeOf(dtype: DType, where: string) {
  const type = tfTypes[dtype]
  if (type) return type
  throw new FoveaError({
    where,
    expected: 'an element type of TensorFlow.js (float32, int32, bool)',
    received: dtype,
    fix: 'export to ONNX',
  })
}

/** int64 and bytes as int32; a bound beyond int32 ("to the end") becomes its largest. */
function asTfTensor(held: Tensor, where: string): Tensor {
  const type = typeOf(held.dtype, where)
  if (type !== 'DT_INT32' || held.dtype === 'int32') return held
  const clamped = toNumbers(held).map(x => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, x)))
  return tensor('int32', held.shape, Int32Array.from(clamped))
}
