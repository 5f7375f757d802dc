import { digits, type Fault, percent } from '../finding.js'
import { gradientFlow } from '../gradient-flow.js'
import { median } from '../robust.js'

/**
 * Both must hold: the loss hardly falls at the start, AND hardly any gradient reaches the first layers (Glorot, Bengio,
 * "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010). Healthy networks with
 * and without batch normalisation keep early / late within 0.1 to 10, so a thousandth is far outside.
 */
const SLOW = 0.05
const EARLY_TO_LATE = 1e-3
const EARLY_ALONE = 1e-7
/** Fewer steps than this say nothing about a slow start. */
const FIRST_STEPS = 200

export const vanishingGradients: Fault = {
  id: 'vanishing-gradients',
  title: 'Gradients vanish before they reach the first layers',
  explainedBy: ['not-a-number'],
  detect(history) {
    const endOfStart = Math.max(FIRST_STEPS, history.epochs[0]?.step ?? 0)
    const beginning = history.steps.filter(({ step, loss }) => step <= endOfStart && Number.isFinite(loss))
    const lastStep = beginning[beginning.length - 1]?.step ?? 0
    const flow = gradientFlow(beginning)
    if (!flow || lastStep < FIRST_STEPS / 2) return undefined
    const losses = beginning.map(({ loss }) => loss)
    const first = median(losses.slice(0, 5))
    const last = median(losses.slice(-Math.max(5, Math.floor(losses.length / 4))))
    const fall = 1 - last / first
    const starved = flow.early < EARLY_TO_LATE * flow.late || flow.early < EARLY_ALONE
    if (!(fall < SLOW) || !starved) return undefined
    return {
      severity: 'problem',
      evidence: `Over the first ${lastStep} steps the loss fell by only ${percent(Math.max(0, fall))} (${digits(first)} to ${digits(last)}), and the gradient relative to the weights is ${digits(flow.early)} in the first layers (${flow.firstKernel}) against ${digits(flow.late)} in the last (${flow.lastKernel}).`,
      figures: { firstLoss: first, lastLoss: last, early: flow.early, late: flow.late, ratio: flow.early / flow.late },
      remedy: [
        'Use a `model` with batch normalisation or residual connections.',
        'Use ReLU or ReLU6 in place of sigmoid or tanh, with He initialisation.',
        'Make the network less deep, or train the last layers first and unfreeze the others later.',
      ],
    }
  },
}
