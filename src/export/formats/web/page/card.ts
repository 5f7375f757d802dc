import type { PageConfig } from './config.js'
import { show } from './pixels.js'

const SHOWN = 5

const element = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  text = '',
): HTMLElementTagNameMap[K] => {
  const made = document.createElement(tag)
  made.className = className
  made.textContent = text
  return made
}

/** One image with its answer. Names of files and classes are only ever text. */
export interface Card {
  root: HTMLElement
  look(pixels: Uint8Array): void
  answer(probabilities: Float32Array): void
  refuse(message: string): void
}

export function createCard(title: string, { classNames, height, width }: PageConfig): Card {
  const root = element('li', 'card')
  const canvas = element('canvas', 'seen')
  canvas.width = width
  canvas.height = height
  canvas.setAttribute('role', 'img')
  canvas.setAttribute('aria-label', `${title}, as the network sees it`)
  const body = element('div', 'body')
  const answer = element('p', 'answer', '…')
  const name = element('p', 'name', title)
  const bars = element('ol', 'bars')
  body.append(answer, name, bars)
  root.append(canvas, body)
  return {
    root,
    look: pixels => show(pixels, canvas),
    answer(probabilities) {
      const ranked = Array.from(probabilities, (probability, index) => ({ probability, index }))
        .sort((a, b) => b.probability - a.probability || a.index - b.index)
        .slice(0, SHOWN)
      answer.textContent = classNames[ranked[0]!.index]!
      root.dataset.done = 'true'
      bars.replaceChildren(...ranked.map(({ probability, index }) => bar(classNames[index]!, probability)))
    },
    refuse(message) {
      root.dataset.done = 'true'
      root.classList.add('refused')
      answer.textContent = 'not classified'
      bars.replaceChildren(element('li', 'why', message))
    },
  }
}

function bar(className: string, probability: number): HTMLLIElement {
  const row = element('li', 'bar')
  row.dataset.class = className
  row.dataset.probability = String(probability)
  const track = element('span', 'track')
  const fill = element('span', 'fill')
  fill.style.width = `${100 * probability}%`
  track.append(fill)
  row.append(
    element('span', 'class', className),
    element('span', 'share', `${(100 * probability).toFixed(1)} %`),
    track,
  )
  return row
}
