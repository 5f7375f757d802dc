import { digits, type Fault, percent } from '../finding.js'
import { divideLearningRate } from '../remedy-steps.js'

/** Dense layers of healthy networks are silent for up to 95 % of their inputs; only nearly all zeros is death. */
const DEAD = 0.99
/** Dropout makes zeros by design, softmax by underflow. */
const NOT_AN_ACTIVATION = /dropout|softmax|pool/i

/** A layer whose outputs are all zero passes no gradient back and cannot recover (Lu et al., "Dying ReLU", 2019). */
export const deadRelus: Fault = {
  id: 'dead-relus',
  title: 'A layer is dead: its outputs are all zero',
  explainedBy: ['not-a-number'],
  detect(history) {
    const last = history.epochs.filter(({ activations }) => activations.length > 0).slice(-2)
    const recent = last[last.length - 1]
    if (!recent) return undefined
    const dead = recent.activations.filter(
      ({ layer, zeroFraction }) =>
        !NOT_AN_ACTIVATION.test(layer) &&
        zeroFraction >= DEAD &&
        last.every(epoch => (epoch.activations.find(other => other.layer === layer)?.zeroFraction ?? 1) >= DEAD),
    )
    const first = dead[0]
    if (!first) return undefined
    const learningRate = recent.learningRate
    return {
      severity: 'problem',
      evidence: `After epoch ${recent.epoch}, ${dead.map(({ layer, zeroFraction }) => `${layer} gives ${percent(zeroFraction)} zeros`).join(', ')} (learning rate ${digits(learningRate)}).`,
      figures: { epoch: recent.epoch, deadLayers: dead.length, zeroFraction: first.zeroFraction, learningRate },
      remedy: [
        `${divideLearningRate(history, 10)}, and train again from the start: dead units do not come back.`,
        'Use leaky ReLU, or a model with batch normalisation in front of each ReLU.',
        'Start from He initialisation, with biases at 0.',
      ],
    }
  },
}
