import { documentOf, inlineChart } from './document.js'
import { html } from './html.js'
import type { Chart, ReportInput } from './input.js'
import { headline } from './sections/headline.js'
import { sections } from './sections/index.js'
import type { Page } from './sections/section.js'

/** The whole page as text. */
export function renderPage(input: ReportInput, charts: readonly Chart[]): string {
  const page: Page = {
    ...input,
    chart(name, label) {
      const drawn = charts.find(chart => chart.name === name)
      return drawn && inlineChart(drawn, label)
    },
  }
  const rendered = sections.flatMap(({ id, title, render }) => {
    const content = render(page)
    return content ? [{ id, title, content }] : []
  })
  return documentOf(
    `${input.title}: Fovea report`,
    html`${headline(page)}
<nav aria-label="Sections">${rendered.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)}</nav>
<main>
${rendered.map(
  ({ id, title, content }) => html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
${content}
</section>`,
)}
</main>
<footer><p>Made by Fovea from the records of the run. This file asks nothing of the network.</p></footer>`,
  )
}
