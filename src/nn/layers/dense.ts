import { FoveaError } from '../../core/errors.js'
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
  trainable?: boolean
}

/** Fully connected. [N, in] -> [N, units]. kernel [in, units], bias [units]. */
export function dense(units: number, options: DenseOptions = {}): Layer {
  const { useBias = true, activation = 'linear', trainable = true } = options
  return layer(
    'dense',
    options.name,
    (x, scope) => {
      const features = x.shape.at(-1)
      if (typeof features !== 'number')
        throw new FoveaError({
          where: scope.graph.path,
          expected: '[N, features]',
          received: `[${x.shape.join(', ')}]`,
          fix: 'put flatten() or globalAveragePooling2d() before dense',
        })
      const kernel = scope.parameter(
        'kernel',
        [features, units],
        'kernel',
        initializerOf(options.kernelInitializer ?? glorotUniform),
        {
          trainable,
          regularizer: options.kernelRegularizer,
        },
      )
      const y = x.graph.add(MatMul, [x, kernel])
      if (!useBias) return activate(y, activation)
      const bias = scope.parameter('bias', [units], 'bias', initializerOf(options.biasInitializer ?? zeros), {
        trainable,
      })
      return activate(add(y, bias), activation)
    },
    x => (x.shape.at(-1) as number) * units,
  )
}
