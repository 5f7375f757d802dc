import { type Html, html, trusted } from './html.js'
import type { Chart, ReportInput } from './input.js'
import { headline } from './sections/headline.js'
import { sections } from './sections/index.js'
import type { Page } from './sections/section.js'
import { styleSheet } from './style.js'

/** Nothing may be fetched and nothing may run: what a reader opens from a disk must not be able to speak. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

/**
 * A chart for the page: its size is left to the style sheet, and its identifiers carry its name, because all charts
 * share one document.
 */
function inline({ name, svg }: Chart, label: string): Html {
  const fluid = svg
    .replace(
      /^[\s\S]*?<svg\b([^>]*)>/,
      (_, attributes: string) => `<svg${attributes.replace(/ (width|height)="[^"]*"/g, '')}>`,
    )
    .replace(/\bid="([^"]+)"/g, `id="${name}-$1"`)
    .replace(/url\(#([^)]+)\)/g, `url(#${name}-$1)`)
  return html`<div class="chart" role="img" aria-label="${label}">${trusted(fluid)}</div>`
}

/** The whole page as text. */
export function renderPage(input: ReportInput, charts: readonly Chart[]): string {
  const page: Page = {
    ...input,
    chart(name, label) {
      const drawn = charts.find(chart => chart.name === name)
      return drawn && inline(drawn, label)
    },
  }
  const rendered = sections.flatMap(({ id, title, render }) => {
    const content = render(page)
    return content ? [{ id, title, content }] : []
  })
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${input.title}: Fovea report</title>
<style>${trusted(styleSheet)}</style>
</head>
<body>
${headline(page)}
<nav aria-label="Sections">${rendered.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)}</nav>
<main>
${rendered.map(
  ({ id, title, content }) => html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
${content}
</section>`,
)}
</main>
<footer><p>Made by Fovea from the records of the run. This file asks nothing of the network.</p></footer>
</body>
</html>
`
  return document.text
}
