import { html } from '../html.js'
import { percent } from '../numbers.js'
import type { Section } from './section.js'

export const calibration: Section = {
  id: 'calibration',
  title: 'Calibration',
  render({ evaluation, chart }) {
    if (!evaluation) return undefined
    const { calibrationError, meanConfidence, accuracy } = evaluation
    const said = `sure by ${percent(meanConfidence)} on average and right in ${percent(accuracy)}`
    return html`<div class="beside facing">${chart('calibration', `Accuracy by confidence; expected calibration error ${percent(calibrationError)}.`)}
<p>The network is ${said}. Where a bar ends at the dashed line, confidence means what it says; below it the network is too sure, above it too modest. The expected calibration error over 15 bins is <strong>${percent(calibrationError)}</strong>.</p></div>`
  },
}
