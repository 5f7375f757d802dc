import { digits, type Fault } from '../finding.js'
import { globalGradientNorms } from '../gradient-flow.js'
import { clipGradient, divideLearningRate } from '../remedy-steps.js'
import { median } from '../robust.js'

/**
 * Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks" (ICML 2013) describe the cliffs.
 * Healthy runs show spikes of 10 times their median, and a network that has learnt its data by heart spikes far above
 * a median near 0; so a spike must reach 100 times the median AND 10 times the norm that the run began with.
 */
const TIMES_MEDIAN = 100
const TIMES_BEGINNING = 10
const SPIKES = 3

/** Gradient norms grow by orders of magnitude. */
export const explodingGradients: Fault = {
  id: 'exploding-gradients',
  title: 'Gradients explode',
  explainedBy: [],
  detect(history) {
    const norms = globalGradientNorms(history).filter(Number.isFinite)
    if (norms.length < 20) return undefined
    const beginning = median(norms.slice(0, Math.ceil(norms.length / 5)))
    const usual = median(norms)
    const limit = Math.max(TIMES_MEDIAN * usual, TIMES_BEGINNING * beginning)
    const spikes = norms.filter(norm => norm > limit).length
    const ending = median(norms.slice(-Math.ceil(norms.length / 10)))
    const grows = beginning > 0 && ending > TIMES_MEDIAN * beginning
    if (spikes < SPIKES && !grows) return undefined
    const highest = norms.reduce((high, norm) => Math.max(high, norm), 0)
    return {
      severity: 'problem',
      evidence: grows
        ? `The gradient norm grew from ${digits(beginning)} at the beginning to ${digits(ending)} at the end (highest ${digits(highest)}).`
        : `${spikes} of ${norms.length} logged steps have a gradient norm above ${digits(limit)}, the highest ${digits(highest)}; the median is ${digits(usual)}.`,
      figures: { beginning, median: usual, ending, highest, spikes },
      remedy: [
        clipGradient(),
        `${divideLearningRate(history, 3)}, or let it rise from 0 over the first epoch (\`schedule\` warm-up).`,
        'Use a `model` with batch normalisation.',
      ],
    }
  },
}
