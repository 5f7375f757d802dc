import { digits, type Fault } from '../finding.js'
import { flag } from '../remedy-steps.js'
import { median } from '../robust.js'

/** A network this small is fast anywhere; an epoch this short is worth nobody's reading. */
const MULTIPLY_ADDS = 1e8
const EPOCH_SECONDS = 600

/** A large network on a processor alone. Small ones are no slower there, and then nothing is said. */
export const slowTraining: Fault = {
  id: 'slow-training',
  title: 'Training is slow: no accelerator in use',
  explainedBy: [],
  detect(history) {
    const { machine, model, data } = history.start
    const speeds = history.epochs.map(e => e.imagesPerSecond).filter(speed => speed > 0)
    if (machine.device !== 'cpu' || model.multiplyAdds < MULTIPLY_ADDS || speeds.length === 0) return undefined
    const imagesPerSecond = median(speeds)
    const epochSeconds = data.trainCount / imagesPerSecond
    if (epochSeconds < EPOCH_SECONDS) return undefined
    // Backward costs about twice forward: data gradient and weight gradient.
    const gigaPerSecond = (3 * model.multiplyAdds * imagesPerSecond) / 1e9
    const idle = machine.cores - machine.threads
    return {
      severity: 'warning',
      evidence: `${model.name} needs ${digits(model.multiplyAdds / 1e6)} million multiply-adds for an image and trains at ${digits(imagesPerSecond)} images/s on the cpu (about ${digits(gigaPerSecond)} billion multiply-adds/s): ${digits(epochSeconds / 60)} minutes for an epoch.`,
      figures: {
        imagesPerSecond,
        epochSeconds,
        multiplyAdds: model.multiplyAdds,
        threads: machine.threads,
        cores: machine.cores,
      },
      remedy: [
        ...(idle > 0 ? [`Use all cores: ${flag('threads', machine.cores)} (now ${machine.threads}).`] : []),
        `If this machine has a graphics processor, use it: ${flag('device', 'webgpu')}, or ${flag('device', 'cuda')} where it is installed.`,
        'Use a smaller `model` or smaller images; freeze the first layers when fine-tuning.',
      ],
    }
  },
}
