import { FoveaError } from '../../core/errors.js'
import type { Value } from '../../onnx/ir.js'
import { add } from '../../ops/add.js'
import { MatMul } from '../../ops/mat-mul.js'
import { type ActivationName, activate } from '../activations.js'
import { glorotUniform, type Initializer, type InitializerName, initializerOf, zeros } from '../init.js'
import type { Regularizer } from '../regularizers.js'
import { type Layer, type LayerOptions, layer } from '../scope.js'

export interface DenseOptions extends LayerOptions {
  activation?: ActivationName
  useBias?: boolean
  kernelInitializer?: Initializer | InitializerName
  biasInitializer?: Initializer | InitializerName
  kernelRegularizer?: Regularizer
  biasRegularizer?: Regularizer
  /** False freezes kernel and bias. */
  trainable?: boolean
}

/** Numbers per image that are not features: the tokens of [N, T, features]. */
const tokenCount = (x: Value): number => (x.shape.length === 3 ? (x.shape[1] as number) : 1)

/** Fully connected. [N, in] -> [N, units], or every token [N, T, in] -> [N, T, units]. kernel [in, units], bias [units]. */
export function dense(units: number, options: DenseOptions = {}): Layer {
  const { useBias = true, activation = 'linear', trainable = true, kernelRegularizer, biasRegularizer } = options
  const { kernelInitializer = glorotUniform, biasInitializer = zeros } = options
  return layer(
    'dense',
    options.name,
    (x, scope) => {
      const features = x.shape.at(-1)
      if ((x.shape.length !== 2 && x.shape.length !== 3) || typeof features !== 'number')
        throw new FoveaError({
          where: scope.graph.path,
          expected: '[N, features] or [N, tokens, features]',
          received: `[${x.shape.join(', ')}]`,
          fix: 'put flatten() or globalAveragePooling2d() before dense',
        })
      const width = scope.width(units)
      const kernel = scope.parameter('kernel', [features, width], 'kernel', initializerOf(kernelInitializer), {
        trainable,
        regularizer: kernelRegularizer,
      })
      const y = x.graph.add(MatMul, [scope.operand(x), kernel])
      if (!useBias) return activate(y, activation)
      const bias = scope.parameter('bias', [width], 'bias', initializerOf(biasInitializer), {
        trainable,
        regularizer: biasRegularizer,
      })
      return activate(add(y, bias), activation)
    },
    (x, y) => tokenCount(x) * (x.shape.at(-1) as number) * (y.shape.at(-1) as number),
  )
}
