import type { EvaluationResult } from '../../evaluate/result.js'
import { type Html, html } from '../html.js'
import { count } from '../numbers.js'
import { pairId } from '../pairs.js'
import type { Page, Section } from './section.js'

/** Beyond this a table of cells is no longer read, only looked at: the chart takes over. */
const READABLE_CLASSES = 25

/**
 * Strength of a cell's colour, 0 to 1: right answers against the class's images, mistakes against the largest mistake,
 * both by square root, so that one mistake in a hundred still shows.
 */
const strength = (n: number, most: number): string => (most === 0 ? '0' : Math.sqrt(n / most).toFixed(3))

function matrix({ confusion, classNames, perClass }: EvaluationResult, shown: ReadonlySet<string>): Html {
  const worst = Math.max(...confusion.flatMap((row, t) => row.filter((_, p) => p !== t)))
  const cell = (n: number, t: number, p: number): Html => {
    const most = t === p ? perClass[t]!.support : worst
    const id = pairId({ label: t, predicted: p })
    const said = t === p ? `${classNames[t]}: ${n} recognised` : `${classNames[t]} taken for ${classNames[p]}: ${n}`
    const number = shown.has(id) ? html`<a href="#${id}" aria-label="${said}, show images">${n}</a>` : html`${n}`
    return html`<td class="${t === p ? 'right' : n === 0 ? 'none' : 'wrong'}" style="--v:${strength(n, most)}" title="${said}">${number}</td>`
  }
  return html`<div class="wide" tabindex="0" role="region" aria-label="Confusion matrix"><table class="matrix">
<caption>Rows are true classes, columns predictions. Blue is right, orange is wrong.${shown.size > 0 && ' An underlined number leads to its images.'}</caption>
<thead><tr><td></td>${classNames.map(name => html`<th scope="col"><span title="${name}">${name}</span></th>`)}</tr></thead>
<tbody>${confusion.map((row, t) => html`<tr><th scope="row" title="${classNames[t]}">${classNames[t]}</th>${row.map((n, p) => cell(n, t, p))}</tr>`)}</tbody>
</table></div>`
}

function pairs({ mostConfused }: EvaluationResult): Html | undefined {
  if (mostConfused.length === 0) return undefined
  const most = mostConfused[0]!.count
  return html`<table class="pairs"><caption>Most confused pairs, both ways together</caption>
<thead><tr><th scope="col">Pair</th><th scope="col">Images</th><th scope="col" aria-hidden="true"></th></tr></thead>
<tbody>${mostConfused.slice(0, 10).map(
    ({ classes, count: n }) => html`<tr><th scope="row">${classes[0]} and ${classes[1]}</th><td>${count(n)}</td>
<td class="bar" aria-hidden="true"><i class="wrong" style="width:${((100 * n) / most).toFixed(1)}%"></i></td></tr>`,
  )}</tbody></table>`
}

const shownPairs = ({ gallery }: Page): Set<string> => new Set(gallery.map(({ mistake }) => pairId(mistake)))

export const confusion: Section = {
  id: 'confusion',
  title: 'Confusion',
  render(page) {
    const { evaluation, chart } = page
    if (!evaluation) return undefined
    const readable = evaluation.classNames.length <= READABLE_CLASSES
    const label = `Confusion matrix of ${evaluation.classNames.length} classes. Rows are true classes, columns predictions.`
    return html`<div class="${readable ? 'beside' : 'stack'}">${readable ? matrix(evaluation, shownPairs(page)) : chart('confusion', label)}${pairs(evaluation)}</div>`
  },
}
