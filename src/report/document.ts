import { type Html, html, trusted } from './html.js'
import type { Chart } from './input.js'
import { styleSheet } from './style.js'

/** Nothing may be fetched and nothing may run: what a reader opens from a disk must not be able to speak. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

/**
 * A chart for the page: its size is left to the style sheet, and its identifiers carry its name, because all charts
 * share one document.
 */
export function inlineChart({ name, svg }: Chart, label: string): Html {
  const fluid = svg
    .replace(
      /^[\s\S]*?<svg\b([^>]*)>/,
      (_, attributes: string) => `<svg${attributes.replace(/ (width|height)="[^"]*"/g, '')}>`,
    )
    .replace(/\bid="([^"]+)"/g, `id="${name}-$1"`)
    .replace(/url\(#([^)]+)\)/g, `url(#${name}-$1)`)
  return html`<div class="chart" role="img" aria-label="${label}">${trusted(fluid)}</div>`
}

/** A whole page as text: one file that stands alone. */
export const documentOf = (title: string, body: Html): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${trusted(styleSheet)}</style>
</head>
<body>
${body}
</body>
</html>
`.text
