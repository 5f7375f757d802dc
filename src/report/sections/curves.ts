import type { RunSummary } from '../../evaluate/run-summary.js'
import { type Html, html } from '../html.js'
import { decimal, percent } from '../numbers.js'
import type { Section } from './section.js'

function epochTable({ loss, accuracy }: RunSummary): Html {
  const rows = loss.map((point, i) => {
    const { epoch, train, validation } = point
    const right = accuracy[i]?.epoch === epoch ? accuracy[i] : undefined
    return html`<tr><th scope="row">${epoch}</th><td>${decimal(train)}</td><td>${validation === undefined ? '' : decimal(validation)}</td>
<td>${right && percent(right.train)}</td><td>${right?.validation !== undefined && percent(right.validation)}</td></tr>`
  })
  return html`<details><summary>The same as a table</summary><div class="wide" tabindex="0" role="region" aria-label="Epochs as a table"><table class="numbers">
<thead><tr><th scope="col">Epoch</th><th scope="col">Training loss</th><th scope="col">Validation loss</th><th scope="col">Training accuracy</th><th scope="col">Validation accuracy</th></tr></thead>
<tbody>${rows}</tbody></table></div></details>`
}

/** First and last values, so that a reader who does not see the chart knows its course. */
function course(name: string, points: RunSummary['loss'], say: (value: number) => string): string {
  const first = points[0]
  const last = points[points.length - 1]
  if (!first || !last) return name
  const validation = last.validation === undefined ? '' : `; validation ends at ${say(last.validation)}`
  return `${name} by epoch: training goes from ${say(first.train)} to ${say(last.train)}${validation}.`
}

export const curves: Section = {
  id: 'curves',
  title: 'Training',
  render({ summary, chart }) {
    const charts = [
      chart(
        'loss',
        course('Loss', summary.loss, value => decimal(value, 2)),
      ),
      chart(
        'accuracy',
        course('Accuracy', summary.accuracy, value => percent(value)),
      ),
      chart('learning-rate', 'Learning rate by step.'),
      chart('gradient-norms', 'Gradient norm of each parameter by step, on a logarithmic scale.'),
    ].filter(drawn => drawn !== undefined)
    if (charts.length === 0) return undefined
    return html`<p class="muted">Training values are means over each epoch, measured with dropout and augmentation while the network was changing; validation follows at the end of the epoch without them.</p>
<div class="charts">${charts}</div>
${summary.loss.length > 0 && epochTable(summary)}`
  },
}
