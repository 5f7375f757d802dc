/**
 * HTML that is escaped unless it was made here. Class names, recipes and paths come from other people: a template that
 * forgets to escape is not possible, because only the `html` tag and `trusted` make something that passes through.
 */
export class Html {
  constructor(readonly text: string) {}
}

export type Part = Html | string | number | undefined | false | readonly Part[]

const replacements: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, character => replacements[character]!)

function textOf(part: Part): string {
  if (part === undefined || part === false) return ''
  if (part instanceof Html) return part.text
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part))
  return part.map(textOf).join('')
}

/** html`<p>${anything}</p>`: strings and numbers are escaped, lists are joined, undefined and false vanish. */
export const html = (strings: TemplateStringsArray, ...parts: Part[]): Html =>
  new Html(strings.reduce((text, string, i) => text + string + (i < parts.length ? textOf(parts[i]) : ''), ''))

/** Text that is known to be markup: our own style sheet, a chart that the renderer has escaped. */
export const trusted = (text: string): Html => new Html(text)

/** Longer code than this may break at the end of a line; shorter must not, for a flag that is torn at its hyphens misleads. */
const UNBROKEN = 32

function code(text: string): Html {
  if (text.length <= UNBROKEN) return html`<code>${text}</code>`
  const [, name, rest] = /^(--\S+)( .*)$/.exec(text) ?? [text, '', text]
  return html`<code class="long">${name && html`<span>${name}</span>`}${rest}</code>`
}

/** Prose in which `backticks` mark code. */
export const prose = (text: string): Html =>
  html`${text.split('`').map((part, i) => (i % 2 === 1 ? code(part) : part))}`
