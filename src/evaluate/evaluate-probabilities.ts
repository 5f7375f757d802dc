import { FoveaError } from '../core/errors.js'
import { expectedCalibrationError, reliabilityBins } from './calibration.js'
import { classMetrics } from './class-metrics.js'
import { confusionMatrix, mostConfusedPairs, rightAnswers } from './confusion-matrix.js'
import { crossEntropy } from './cross-entropy.js'
import { wilsonInterval } from './intervals.js'
import { confidentMistakes, mistakesOf, worstMistakes } from './mistakes.js'
import { predictedClasses, topK } from './ranking.js'
import type { EvaluationResult } from './result.js'

export interface Predictions {
  /** [N, K] row-major; every row is a distribution over the K classes. */
  probabilities: Float32Array
  /** N true classes, each in [0, K). */
  labels: ArrayLike<number>
  /** K names. */
  classNames: readonly string[]
  dataset: string
  split: EvaluationResult['split']
  testTimeAugmentation?: EvaluationResult['testTimeAugmentation']
}

/** float16 and int8 networks round: a row may miss 1 by this much before it counts as "not a distribution". */
const ROW_SUM_TOLERANCE = 0.02
const where = 'evaluateProbabilities'

function checkShapes({ probabilities, labels, classNames }: Predictions): void {
  const count = labels.length
  const classCount = classNames.length
  if (count === 0 || classCount < 2)
    throw new FoveaError({
      where,
      expected: 'at least one image and two classes',
      received: `${count} images and ${classCount} classes`,
      fix: 'evaluate a split that holds images',
    })
  if (probabilities.length !== count * classCount)
    throw new FoveaError({
      where,
      expected: `${count} x ${classCount} = ${count * classCount} probabilities`,
      received: String(probabilities.length),
      fix: 'give one row of class probabilities for each label',
    })
}

function checkValues({ probabilities, labels, classNames }: Predictions): void {
  const classCount = classNames.length
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!
    if (!(Number.isInteger(label) && label >= 0 && label < classCount))
      throw new FoveaError({
        where: `${where}: label of image ${i}`,
        expected: `an integer in [0, ${classCount - 1}]`,
        received: String(label),
        fix: 'check that the data set and the classifier have the same classes',
      })
    let sum = 0
    let lowest = 0
    for (let c = 0; c < classCount; c++) {
      const p = probabilities[i * classCount + c]!
      sum += p
      if (p < lowest) lowest = p
    }
    if (!(Math.abs(sum - 1) <= ROW_SUM_TOLERANCE) || lowest < -1e-6)
      throw new FoveaError({
        where: `${where}: probabilities of image ${i}`,
        expected: 'non-negative numbers that sum to 1',
        received: `a sum of ${sum}, lowest ${lowest}`,
        fix: 'apply softmax to the logits first',
      })
  }
}

/**
 * Everything Fovea says about a classifier on one split, from its probabilities alone.
 * @throws FoveaError where sizes disagree, a label is out of range, or a row is not a distribution (names the image)
 */
export function evaluateProbabilities(predictions: Predictions): EvaluationResult {
  checkShapes(predictions)
  checkValues(predictions)
  const { probabilities, labels, classNames, dataset, split, testTimeAugmentation = 'none' } = predictions
  const count = labels.length
  const classCount = classNames.length
  const predicted = predictedClasses(probabilities, classCount)
  const confusion = confusionMatrix(labels, predicted, classCount)
  const rightCount = rightAnswers(confusion)
  const confidences = Array.from(predicted, (c, i) => probabilities[i * classCount + c]!)
  const right = Array.from(predicted, (c, i) => c === labels[i])
  const reliability = reliabilityBins(confidences, right)
  const mistakes = mistakesOf(probabilities, labels, predicted, classCount)
  return {
    dataset,
    split,
    count,
    accuracy: rightCount / count,
    accuracyInterval: wilsonInterval(rightCount, count),
    top5: topK(probabilities, labels, classCount, 5),
    loss: crossEntropy(probabilities, labels, classCount),
    classNames: [...classNames],
    perClass: classMetrics(confusion, classNames),
    confusion,
    mostConfused: mostConfusedPairs(confusion, classNames),
    calibrationError: expectedCalibrationError(reliability),
    meanConfidence: confidences.reduce((sum, p) => sum + p, 0) / count,
    reliability,
    worstMistakes: worstMistakes(mistakes),
    confidentMistakes: confidentMistakes(mistakes),
    testTimeAugmentation,
  }
}
