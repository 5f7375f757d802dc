import { float32, tensor } from '../core/tensor.js'
import type { Graph, Value } from '../onnx/ir.js'
import { add } from '../ops/add.js'
import { argMax } from '../ops/arg-max.js'
import { cast } from '../ops/cast.js'
import { equal } from '../ops/equal.js'
import { gather } from '../ops/gather.js'
import { mul, scale } from '../ops/mul.js'
import { reduceSum } from '../ops/reduce-sum.js'
import { reshape } from '../ops/reshape.js'
import { sub } from '../ops/sub.js'
import { distilled } from './distillation.js'
import type { StepOptions } from './step-graph.js'

/** The class of every image, or two classes with the share of the first. */
export interface Labels {
  own: Value
  mixed: { other: Value; share: Value } | undefined
}

export function declareLabels(graph: Graph, batchSize: number, mixed: boolean): Labels {
  return {
    own: graph.input('labels', 'int32', [batchSize]),
    mixed: mixed
      ? {
          other: graph.input('otherLabels', 'int32', [batchSize]),
          share: graph.input('labelShares', 'float32', [batchSize]),
        }
      : undefined,
  }
}

/** share · of(own) + (1 - share) · of(other); `of` gives [B] or [B, K]. */
function mix({ own, mixed }: Labels, of: (labels: Value) => Value): Value {
  const mine = of(own)
  if (!mixed) return mine
  const share = mine.shape.length === 2 ? reshape(mixed.share, [mine.shape[0] as number, 1]) : mixed.share
  const rest = sub(share.graph.float(1), share)
  return add(mul(mine, share), mul(of(mixed.other), rest))
}

/** Mean loss over the batch with penalties, and the number of images that were classified right. */
export function objective(
  logits: Value,
  { images, labels }: { images: Value; labels: Labels },
  penalties: readonly Value[],
  options: Pick<StepOptions, 'classes' | 'batchSize' | 'loss' | 'classWeights' | 'distillation'>,
): { loss: Value; correct: Value } {
  const { graph } = logits
  const { classes, batchSize, loss, classWeights, distillation } = options
  const classNumbers = graph.constant(
    tensor(
      'int32',
      [1, classes],
      Int32Array.from({ length: classes }, (_, i) => i),
    ),
  )
  const targets = mix(labels, own => cast(equal(reshape(own, [batchSize, 1]), classNumbers), 'float32'))
  const fromLabels = loss(logits, targets)
  const perImage = distillation ? distilled(fromLabels, logits, images, distillation) : fromLabels
  const weights = classWeights && graph.constant(float32(classWeights))
  // A mixed image weighs what its labels weigh in the same mixture.
  const weighted = weights
    ? mul(
        perImage,
        mix(labels, own => gather(weights, own, 0)),
      )
    : perImage
  const mean = scale(reduceSum(weighted, [0], false), 1 / batchSize)
  const predicted = cast(argMax(logits, 1, false), 'int32')
  const hits = mix(labels, own => cast(equal(predicted, own), 'float32'))
  return { loss: penalties.reduce(add, mean), correct: reduceSum(hits, [0], false) }
}
