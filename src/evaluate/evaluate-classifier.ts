import type { Classifier } from '../classifier/classifier.js'
import { predict } from '../classifier/predict.js'
import { FoveaError } from '../core/errors.js'
import type { ImageSet } from '../data/image-set.js'
import { evaluateProbabilities } from './evaluate-probabilities.js'
import type { EvaluationResult } from './result.js'

export interface EvaluateOptions {
  /** How the result names the data; default: the set's own name. */
  dataset?: string
  split?: EvaluationResult['split']
  threads?: number
  onProgress?: (done: number, total: number) => void
}

/** Everything that Fovea says about a classifier on labelled images. @throws FoveaError where the classes differ */
export async function evaluateClassifier(
  classifier: Classifier,
  set: ImageSet,
  { dataset = set.name, split = 'test', ...options }: EvaluateOptions = {},
): Promise<EvaluationResult> {
  const { classNames, inputShape } = classifier
  const complain = (expected: string, received: string, fix: string): never => {
    throw new FoveaError({ where: `evaluation on '${set.name}'`, expected, received, fix })
  }
  if (set.shape.some((dim, i) => dim !== inputShape[i]))
    complain(
      `images of [${inputShape.join(', ')}]`,
      `[${set.shape.join(', ')}]`,
      'give the data in the size of the classifier',
    )
  const unlike = classNames.findIndex((name, c) => name !== set.classNames[c] && !name.startsWith('class '))
  if (classNames.length !== set.classNames.length || unlike >= 0)
    complain(
      `the ${classNames.length} classes of the classifier (${classNames.slice(0, 3).join(', ')}, ...)`,
      `${set.classNames.length} (${set.classNames.slice(0, 3).join(', ')}, ...)`,
      'evaluate on the data set that it was trained for',
    )
  return evaluateProbabilities({
    probabilities: await predict(classifier, set.images, options),
    labels: set.labels,
    classNames: set.classNames,
    dataset,
    split,
    testTimeAugmentation: classifier.testTimeAugmentation,
  })
}
