import type { DType } from '../core/dtype.js'
import { FoveaError } from '../core/errors.js'
import { type Dim, type Shape, sizeOf } from '../core/shape.js'
import type { Graph, Value } from '../onnx/ir.js'
import type { Initializer } from './init.js'
import type { Regularizer } from './regularizers.js'

/** Training: batch statistics, dropout. Inference: running statistics, none. One model function makes both graphs. */
export type Mode = 'training' | 'inference'

/** What a parameter is to its layer; optimizers choose by it (no decay on biases, Muon on kernels ...). */
export type ParameterRole = 'kernel' | 'bias' | 'scale' | 'shift'

export interface ParameterSpec {
  /** Full name: layer path + own name, e.g. `conv2d_1/kernel`. */
  name: string
  shape: Shape
  role: ParameterRole
  initializer: Initializer
  trainable: boolean
}

/** A tensor that training carries along without a gradient: running mean and variance. */
export interface StatisticSpec {
  name: string
  shape: Shape
  /** Value of every element at the start. */
  initial: number
  /** running = momentum · running + (1 - momentum) · batch */
  momentum: number
}

/** One line of `model.summary()`, recorded while the network is built. A layer made of layers is one line. */
export interface LayerRecord {
  name: string
  kind: string
  output: Value
  parameters: number
  /** Multiply-adds for one image. */
  multiplyAdds: number
}

/** How a scope gets the value of a parameter or a statistic: a graph input in training, an initializer in a file. */
export interface Weights {
  parameter(spec: ParameterSpec): Value
  statistic(spec: StatisticSpec): Value
  /** What a product with a kernel reads in the place of x; none: x itself. */
  operand?(x: Value): Value
}

/** What a layer is given besides its input: names, weights, mode, and places to leave what belongs to the step. */
export class Scope {
  readonly parameters: ParameterSpec[] = []
  readonly statistics: { spec: StatisticSpec; batch: Value }[] = []
  /** uint8 inputs that the host fills with random bytes every step (dropout). */
  readonly randomBytes: Value[] = []
  /** Scalars added to the loss (weight regularisation). */
  readonly penalties: Value[] = []
  readonly layers: LayerRecord[] = []
  /** Filters or units of every layer that can have another number of them, by the layer's name. */
  readonly widths = new Map<string, number>()
  private givenWidths: ReadonlyMap<string, number> = new Map()
  private readonly counts = new Map<string, number>()
  private readonly layerNames = new Set<string>()
  private readonly path: string[] = []

  constructor(
    readonly graph: Graph,
    readonly mode: Mode,
    private readonly weights: Weights,
  ) {}

  /** Runs one layer under its name; Keras numbers layers of a kind from the second on: conv2d, conv2d_1, ... */
  enter(kind: string, name: string | undefined, build: () => Value, multiplyAdds: (output: Value) => number): Value {
    const own = name ?? this.nextName(kind)
    this.claimLayer(this.fullName(own))
    const [parametersBefore, layersBefore] = [this.parameters.length, this.layers.length]
    this.path.push(own)
    try {
      const output = this.graph.within(own, build)
      const added = this.parameters.slice(parametersBefore)
      const inner = this.layers.splice(layersBefore)
      this.layers.push({
        name: this.path.join('/'),
        kind,
        output,
        parameters: added.reduce((sum, p) => sum + sizeOf(p.shape), 0),
        multiplyAdds: inner.reduce((sum, l) => sum + l.multiplyAdds, multiplyAdds(output)),
      })
      return output
    } finally {
      this.path.pop()
    }
  }

  /** Builds layers under a name of their own, without a line in the summary. */
  within(name: string, build: () => Value): Value {
    this.claimLayer(this.fullName(name))
    this.path.push(name)
    try {
      return this.graph.within(name, build)
    } finally {
      this.path.pop()
    }
  }

  /** Builds layers whose filters or units are not the declared ones; those not named keep theirs. The outermost call wins. */
  withWidths(widths: ReadonlyMap<string, number>, build: () => Value): Value {
    const before = this.givenWidths
    this.givenWidths = new Map([...widths, ...before])
    try {
      return build()
    } finally {
      this.givenWidths = before
    }
  }

  /** How many filters or units the layer under construction has, where it declares `declared`. */
  width(declared: number): number {
    const name = this.path.join('/')
    const width = this.givenWidths.get(name) ?? declared
    this.widths.set(name, width)
    return width
  }

  parameter(
    name: string,
    shape: Shape,
    role: ParameterRole,
    initializer: Initializer,
    { trainable = true, regularizer }: { trainable?: boolean; regularizer?: Regularizer | undefined } = {},
  ): Value {
    const spec = { name: this.fullName(name), shape, role, initializer, trainable }
    this.refuseDuplicate(spec.name)
    this.parameters.push(spec)
    const value = this.weights.parameter(spec)
    if (regularizer && trainable && this.mode === 'training')
      this.penalties.push(this.graph.within('penalty', () => regularizer(value)))
    return value
  }

  /** Running statistic; in training give the batch's own value and the step keeps the average. */
  statistic(name: string, shape: Shape, initial: number, momentum: number, batch?: Value): Value {
    const spec = { name: this.fullName(name), shape, initial, momentum }
    const value = this.weights.statistic(spec)
    if (batch) this.statistics.push({ spec, batch })
    return value
  }

  /** The value that a layer multiplies by its kernel, where x comes in: rounded, if training is to know of rounding. */
  operand(x: Value): Value {
    return this.weights.operand?.(x) ?? x
  }

  /** Fresh random bytes of this shape at every step. */
  bytes(shape: readonly Dim[]): Value {
    const dtype: DType = 'uint8'
    const value = this.graph.input(this.fullName('random'), dtype, shape)
    this.randomBytes.push(value)
    return value
  }

  private fullName(name: string): string {
    return [...this.path, name].join('/')
  }

  private nextName(kind: string): string {
    const key = this.fullName(kind)
    const numbered = (count: number): string => (count === 0 ? kind : `${kind}_${count}`)
    let count = this.counts.get(key) ?? 0
    while (this.layerNames.has(this.fullName(numbered(count)))) count++
    this.counts.set(key, count + 1)
    return numbered(count)
  }

  private claimLayer(name: string): void {
    if (this.layerNames.has(name))
      throw new FoveaError({
        where: 'network',
        expected: 'layer names that are used once',
        received: `'${name}' twice`,
        fix: 'give the layers different names, or none',
      })
    this.layerNames.add(name)
  }

  private refuseDuplicate(name: string): void {
    if (this.parameters.some(p => p.name === name))
      throw new FoveaError({
        where: 'network',
        expected: 'parameter names that are used once',
        received: `'${name}' twice`,
        fix: 'give the parameters of the layer different names',
      })
  }
}

/** A layer, a block, a whole network: a function from value to value. `sequential` and plain functions compose them. */
export type Layer = (x: Value, scope: Scope) => Value

export interface LayerOptions {
  /** Name of the layer; default: its kind, numbered. */
  name?: string
}

/** Makes a named layer of a function. `multiplyAdds` counts for one image. */
export function layer(
  kind: string,
  name: string | undefined,
  call: Layer,
  multiplyAdds: (x: Value, output: Value) => number = () => 0,
): Layer {
  return (x, scope) =>
    scope.enter(
      kind,
      name,
      () => call(x, scope),
      output => multiplyAdds(x, output),
    )
}

/** Layers under a common name, as modules hold modules elsewhere: `group('layer1', group('0', block))`. */
export const group =
  (name: string, inner: Layer): Layer =>
  (x, scope) =>
    scope.within(name, () => inner(x, scope))
