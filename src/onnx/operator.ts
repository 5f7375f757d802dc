import type { Tensor } from '../core/tensor.js'
import type { Node, Value, ValueType } from './ir.js'

export type AttributeValue = number | string | readonly number[] | Tensor
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>

/** How an attribute is stored in a file. ONNX distinguishes 1 from 1.0, JavaScript does not: the operator says it. */
export interface AttributeSpec {
  type: 'int' | 'float' | 'string' | 'ints' | 'floats' | 'tensor'
  /** The standard's default; an attribute without one is required unless `optional`. */
  default?: AttributeValue
  optional?: boolean
}

/** What a shape rule may look at. */
export interface InferContext {
  /** Types of the inputs; undefined where an optional input was left out. */
  types: readonly (ValueType | undefined)[]
  attributes: Attributes
  /** The bytes of input i if they are known now (an initializer); shapes and axes come this way. */
  constant(i: number): Tensor | undefined
  /** Path of the node, for messages. */
  where: string
  /** How many outputs the caller asks for. */
  outputCount: number
}

/** Plain numbers in float64 (integers and booleans too): the meaning of an operator without any runtime. */
export interface Numbers {
  shape: readonly number[]
  data: Float64Array
}

/** At least three by type, so that rules can destructure; an optional input that was left out is undefined. */
export type Several<T> = readonly [T, T, T, ...T[]]

export interface EvaluateContext {
  inputs: Several<Numbers>
  attributes: Attributes
  /** Concrete types of the outputs, from the shape rule. */
  outputs: readonly ValueType[]
}

export interface VjpContext {
  node: Node
  inputs: Several<Value>
  outputs: Several<Value>
  attributes: Attributes
  /** Gradient of the loss with respect to each output; undefined where none flows in. */
  gradients: readonly [Value, ...(Value | undefined)[]]
  /** needs(i): is the gradient of input i asked for? Building it otherwise would be wasted work. */
  needs(i: number): boolean
}

/**
 * The gradient rule. A function returns one gradient per input (undefined: none); broadcasting is undone by the
 * engine, so a rule may return the broadcast shape. 'zero': the derivative is zero wherever it exists, and that is
 * meant (Floor, ArgMax). `unsupported` throws before any compute.
 */
export type Vjp = 'zero' | { unsupported: string } | ((context: VjpContext) => readonly (Value | undefined)[])

/** One ONNX operator: it owns its truth. A node holds this object, not a name. */
export interface OpDefinition {
  name: string
  /** '' is the standard. 'fovea' operators are composites: `expand` says them in standard operators. */
  domain: '' | 'com.microsoft' | 'com.microsoft.nchwc' | 'fovea'
  attributes: Readonly<Record<string, AttributeSpec>>
  /** Least and most inputs (Infinity: variadic). */
  arity: readonly [min: number, max: number]
  /** True: element i of the output depends on element i of the (broadcast) inputs alone, so any memory order serves. */
  pointwise?: true
  infer(context: InferContext): ValueType[]
  vjp: Vjp
  /** Absent only where no plain meaning exists without a device (vendor operators after lowering). */
  evaluate?(context: EvaluateContext): Numbers[]
  /** For composites: the same outputs from standard operators, built in the graph of the given inputs. */
  expand?(node: Node, inputs: Several<Value>): readonly Value[]
}

/** Identity function that gives an operator file its types. */
export const defineOp = <T extends OpDefinition>(definition: T): T => definition
