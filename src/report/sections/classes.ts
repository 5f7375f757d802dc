import type { ClassResult } from '../../evaluate/result.js'
import { type Html, html } from '../html.js'
import { count, percent } from '../numbers.js'
import type { Section } from './section.js'

const share = (value: number): Html =>
  html`<td class="share"><span>${percent(value)}</span><i aria-hidden="true"><b style="width:${(100 * value).toFixed(1)}%"></b></i></td>`

const row = ({ name, precision, recall, f1, support }: ClassResult): Html =>
  html`<tr><th scope="row">${name}</th>${share(recall)}${share(precision)}${share(f1)}<td>${count(support)}</td></tr>`

export const classes: Section = {
  id: 'classes',
  title: 'Classes',
  render: ({ evaluation }) =>
    evaluation &&
    html`<div class="wide" tabindex="0" role="region" aria-label="Classes"><table class="classes">
<caption>Recall: of the images of a class, the share that was recognised. Precision: of the images given this name, the share that deserved it.</caption>
<thead><tr><th scope="col">Class</th><th scope="col">Recall</th><th scope="col">Precision</th><th scope="col">F1</th><th scope="col">Images</th></tr></thead>
<tbody>${evaluation.perClass.map(row)}</tbody></table></div>`,
}
