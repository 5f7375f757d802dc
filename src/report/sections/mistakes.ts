import type { EvaluationResult, Mistake } from '../../evaluate/result.js'
import { type Html, html, trusted } from '../html.js'
import { count, percent } from '../numbers.js'
import { pairId } from '../pairs.js'
import type { Page, Section } from './section.js'

type Shown = { mistake: Mistake; pngBytes: Uint8Array }

function card({ mistake, pngBytes }: Shown, classNames: readonly string[]): Html {
  const { label, predicted, confidence, labelProbability, index } = mistake
  const source = `data:image/png;base64,${Buffer.from(pngBytes).toString('base64')}`
  return html`<figure class="card ${pairId(mistake)}"><img src="${source}" alt="${classNames[label]} taken for ${classNames[predicted]}, image ${index}" width="96" height="96">
<figcaption><b>${classNames[label]}</b> → <b>${classNames[predicted]}</b><br>${percent(confidence)} sure<br><span class="muted">true class ${labelProbability < 0.0005 ? '< 0.1 %' : percent(labelProbability)}</span></figcaption></figure>`
}

/** Without script: a cell of the matrix leads to its anchor here, and the style sheet hides the cards of other cells. */
function filter(shown: readonly Shown[], classNames: readonly string[]): Html {
  const pairs = [...new Map(shown.map(({ mistake }) => [pairId(mistake), mistake])).values()]
  const anchors = pairs.map(
    mistake =>
      html`<p class="filter" id="${pairId(mistake)}">Only <b>${classNames[mistake.label]}</b> taken for <b>${classNames[mistake.predicted]}</b>. <a href="#mistakes">Show all</a> · <a href="#confusion">Back to the matrix</a></p>`,
  )
  const rules = pairs
    .map(pairId)
    .map(id => `.mistakes:has(#${id}:target) :is(.card:not(.${id}),.group:not(:has(.${id}))){display:none}`)
    .join('\n')
  return html`<style>${trusted(rules)}</style>${anchors}`
}

/** The images of a list in its order; an image that is missing from the gallery is passed over. */
const imagesOf = (list: readonly Mistake[], gallery: Page['gallery']): Shown[] => {
  const byIndex = new Map(gallery.map(image => [image.mistake.index, image.pngBytes]))
  return list.flatMap(mistake => {
    const pngBytes = byIndex.get(mistake.index)
    return pngBytes ? [{ mistake, pngBytes }] : []
  })
}

function groups(
  evaluation: EvaluationResult,
  gallery: Page['gallery'],
): { title: string; note: string; shown: Shown[] }[] {
  const worst = imagesOf(evaluation.worstMistakes, gallery)
  const seen = new Set(worst.map(({ mistake }) => mistake.index))
  const confident = imagesOf(evaluation.confidentMistakes, gallery)
  const sure = confident.filter(({ mistake }) => !seen.has(mistake.index))
  for (const { mistake } of sure) seen.add(mistake.index)
  const others = gallery.filter(({ mistake }) => !seen.has(mistake.index))
  const above = confident.length - sure.length
  return [
    { title: 'Worst', note: 'The true class was given the least probability.', shown: worst },
    {
      title: 'Most confident',
      note: `Most sure of a wrong class${above > 0 ? `; ${above} more of them stand above` : ''}.`,
      shown: sure,
    },
    { title: 'More', note: 'Other images that were taken for something else.', shown: others },
  ].filter(({ shown }) => shown.length > 0)
}

export const mistakes: Section = {
  id: 'mistakes',
  title: 'Mistakes',
  render({ evaluation, gallery }) {
    if (!evaluation || gallery.length === 0) return undefined
    const { classNames } = evaluation
    const shown = groups(evaluation, gallery)
    return html`<div class="mistakes">${filter(
      shown.flatMap(group => group.shown),
      classNames,
    )}
${shown.map(
  group => html`<div class="group"><h3>${group.title} <small>${count(group.shown.length)} images</small></h3><p class="muted note">${group.note}</p>
<div class="gallery">${group.shown.map(image => card(image, classNames))}</div></div>`,
)}</div>`
  },
}
