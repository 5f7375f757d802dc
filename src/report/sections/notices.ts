import { html } from '../html.js'
import type { Section } from './section.js'

export const notices: Section = {
  id: 'events',
  title: 'Events',
  render: ({ summary }) =>
    (summary.notices.length > 0 &&
      html`<div class="wide" tabindex="0" role="region" aria-label="Events of the run"><table class="events">
<thead><tr><th scope="col">Epoch</th><th scope="col">By</th><th scope="col">What</th></tr></thead>
<tbody>${summary.notices.map(({ epoch, source, message }) => html`<tr><th scope="row">${epoch}</th><td>${source}</td><td>${message}</td></tr>`)}</tbody></table></div>`) ||
    undefined,
}
