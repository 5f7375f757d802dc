import { FoveaError } from '../core/errors.js'
import { formatShape, sameShape } from '../core/shape.js'
import { specialize } from '../lower/specialize.js'
import type { Graph, Value } from '../onnx/ir.js'
import { copyInto, liveNodes, type Mapping } from '../onnx/rewrite.js'
import { add } from '../ops/add.js'
import { clip } from '../ops/clip.js'
import { log } from '../ops/log.js'
import { logSoftmax } from '../ops/log-softmax.js'
import { mul, scale } from '../ops/mul.js'
import { reduceSum } from '../ops/reduce-sum.js'
import { softmax } from '../ops/softmax.js'
import { sub } from '../ops/sub.js'

/** A trained classifier teaches another network (Hinton, Vinyals & Dean 2015, arXiv 1503.02531). */
export interface Distillation {
  /** Inference graph, `images` uint8 [N, C, H, W] -> `probabilities` [N, K]: its pre-processing is its own. */
  teacher: Graph
  /** Both distributions are softmax(logits / temperature). */
  temperature: number
  /** Share of the teacher's part in the loss. */
  alpha: number
}

/** Smallest probability of which the logarithm is taken. */
const LEAST = 1e-30

/**
 * (1 - α) · loss of the labels + α · T² · KL(teacher || student), both at temperature T, for each image, [B]. T² keeps
 * the gradient of the second part as large as that of the first when T changes. The teacher is part of the step graph:
 * it sees the same augmented images, and no gradient flows into it.
 */
export function distilled(
  fromLabels: Value,
  logits: Value,
  images: Value,
  { teacher, temperature, alpha }: Distillation,
): Value {
  const { graph } = logits
  return graph.within('teacher', () => {
    const given = teacherLogits(teacher, images)
    if (!sameShape(given.shape, logits.shape))
      throw new FoveaError({
        where: 'distillation',
        expected: `a teacher of ${logits.shape[1]} classes, as the student`,
        received: formatShape(given.shape),
        fix: 'give a teacher that was trained on the same data set',
      })
    const soft = scale(given, 1 / temperature)
    const difference = sub(logSoftmax(soft, 1), logSoftmax(scale(logits, 1 / temperature), 1))
    const divergence = reduceSum(mul(softmax(soft, 1), difference), [1], false)
    return add(scale(fromLabels, 1 - alpha), scale(divergence, alpha * temperature * temperature))
  })
}

/** The teacher in the graph of `images`. Logits up to a constant per image, which no softmax sees: [B, K]. */
function teacherLogits(teacher: Graph, images: Value): Value {
  const target = images.graph
  const [input] = teacher.inputs
  const wanted = input?.shape.map((dim, axis) => (axis === 0 ? images.shape[0]! : dim))
  if (teacher.inputs.length !== 1 || !wanted || !sameShape(wanted, images.shape))
    throw new FoveaError({
      where: 'distillation',
      expected: `a teacher that reads images of ${formatShape(images.shape.slice(1))}`,
      received: teacher.inputs.map(({ name, shape }) => `${name} ${formatShape(shape)}`).join(', ') || 'none',
      fix: 'give a teacher that was trained on the same data set',
    })
  const fixed = specialize(
    teacher,
    Object.fromEntries(
      input!.shape.flatMap(dim => (typeof dim === 'string' ? [[dim, images.shape[0] as number]] : [])),
    ),
  )
  const mapping: Mapping = new Map([[fixed.inputs[0]!, images]])
  copyInto(liveNodes(fixed), target, mapping)
  const output = fixed.outputs.find(({ name }) => name === 'probabilities')!
  const last = output.producer
  if (last?.op.name === 'Softmax') return mapping.get(last.inputs[0]!)!
  // Probabilities that are means of views: their logarithm serves as logits.
  return log(clip(mapping.get(output)!, LEAST, 1))
}
