import { UsageError } from '../../core/errors.js'
import type { Value } from '../../onnx/ir.js'
import { add } from '../../ops/add.js'
import { logSoftmax } from '../../ops/log-softmax.js'
import { mul, scale } from '../../ops/mul.js'
import { reduceSum } from '../../ops/reduce-sum.js'

export interface LossOptions {
  /** Szegedy et al. 2016: targets become (1 - s) · onehot + s / classes. */
  labelSmoothing?: number
}

/** From logits [N, K] and one-hot targets [N, K] (rows may be mixtures) to the loss of each image, [N]. */
export type Loss = (logits: Value, targets: Value) => Value

/** - Σ target · log softmax(logits), from logits, in nats. Labels arrive sparse; the step makes them one-hot. */
export function categoricalCrossentropy({ labelSmoothing = 0 }: LossOptions = {}): Loss {
  if (!(labelSmoothing >= 0 && labelSmoothing < 1))
    throw new UsageError({ where: 'labelSmoothing', expected: 'a number in [0, 1)', received: String(labelSmoothing) })
  return (logits, targets) => {
    const classes = logits.shape[1] as number
    const smooth = labelSmoothing
      ? add(scale(targets, 1 - labelSmoothing), logits.graph.float(labelSmoothing / classes))
      : targets
    return scale(reduceSum(mul(logSoftmax(logits, 1), smooth), [1], false), -1)
  }
}

/** The same loss; the name that Keras uses where labels are class numbers. */
export const sparseCategoricalCrossentropy = categoricalCrossentropy
