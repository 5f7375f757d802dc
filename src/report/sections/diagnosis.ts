import type { Finding } from '../../evaluate/finding.js'
import { type Html, html, prose } from '../html.js'
import type { Section } from './section.js'

const finding = ({ severity, title, evidence, remedy }: Finding): Html => html`<article class="finding ${severity}">
<h3><span class="tag">${severity === 'problem' ? 'Problem' : 'Warning'}</span> ${title}</h3>
<p>${prose(evidence)}</p>
<p class="what">What to do</p>
<ol>${remedy.map(step => html`<li>${prose(step)}</li>`)}</ol>
</article>`

export const diagnosis: Section = {
  id: 'diagnosis',
  title: 'Diagnosis',
  render: ({ findings }) =>
    findings.length > 0
      ? html`<div class="findings">${findings.map(finding)}</div>`
      : html`<p class="calm">Nothing to report. None of the faults that Fovea looks for shows in this run.</p>`,
}
