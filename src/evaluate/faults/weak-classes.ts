import { type Fault, percent } from '../finding.js'
import { wilsonInterval } from '../intervals.js'
import { moreAugmentation, set } from '../remedy-steps.js'
import type { ClassResult, EvaluationResult } from '../result.js'
import { mean, median, robustDeviation } from '../robust.js'

/**
 * Some classes are harder: in a healthy CIFAR-10 network of 82 % the cat lies 17 points below the mean. Weak is 20
 * points below and an outlier among its peers; or, for good networks, 10 points below with four times the mean error.
 */
const POINTS = 0.2
const DEVIATIONS = 3
const POINTS_IF_GOOD = 0.1
const TIMES_ERROR = 4
const SUPPORT = 20

function weakOf({ perClass }: EvaluationResult): ClassResult[] {
  const present = perClass.filter(({ support }) => support >= SUPPORT)
  const recalls = present.map(({ recall }) => recall)
  const average = mean(recalls)
  const outlier = median(recalls) - DEVIATIONS * robustDeviation(recalls)
  return present
    .filter(({ recall, support }) => {
      const [, high] = wilsonInterval(Math.round(recall * support), support)
      const farBelow = average - recall > POINTS && recall < outlier
      const badAmongGood = average - recall > POINTS_IF_GOOD && 1 - recall > TIMES_ERROR * (1 - average)
      return (farBelow || badAmongGood) && high < average - POINTS_IF_GOOD / 2
    })
    .sort((a, b) => a.recall - b.recall)
}

export const weakClasses: Fault = {
  id: 'weak-classes',
  title: 'Some classes are recognised far worse than the others',
  explainedBy: [
    'class-collapse',
    'not-a-number',
    'vanishing-gradients',
    'dead-relus',
    'learning-rate-too-low',
    'underfitting',
  ],
  detect(history, evaluation) {
    if (!evaluation || evaluation.perClass.length < 3) return undefined
    const weak = weakOf(evaluation)
    const worst = weak[0]
    if (!worst) return undefined
    const average = mean(evaluation.perClass.filter(({ support }) => support > 0).map(({ recall }) => recall))
    const names = weak.map(({ name }) => name)
    const pair = evaluation.mostConfused.find(({ classes }) => classes.some(name => names.includes(name)))
    return {
      severity: 'warning',
      evidence: `The mean recall is ${percent(average)}, but ${weak.map(({ name, recall }) => `${name} reaches ${percent(recall)}`).join(', ')}.${pair ? ` Most often confused: ${pair.classes.join(' and ')} (${pair.count} times).` : ''}`,
      figures: { meanRecall: average, worstRecall: worst.recall, weakClasses: weak.length },
      remedy: [
        `Look at the mistakes of ${names.join(', ')}: wrong labels, crops that hide the object, or truly alike images.`,
        `Add training images of these classes, or let them count double: ${set(
          'classWeights',
          evaluation.classNames.map(name => (names.includes(name) ? 2 : 1)),
        )}.`,
        moreAugmentation(history),
      ],
    }
  },
}
