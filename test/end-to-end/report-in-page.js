/**
 * Runs inside the browser, as one expression: what can only be known where the page is laid out. Plain JavaScript and
 * a file of its own, so that the names of a browser do not become names of the whole project.
 */
;(() => {
  const channels = colour => {
    const numbers = (colour.match(/[\d.]+(e-?\d+)?/g) ?? []).map(Number)
    const scale = colour.startsWith('color(') ? 1 : 255
    return [...numbers.slice(0, 3).map(value => value / scale), numbers[3] ?? 1]
  }
  const luminance = colour => {
    const [r, g, b] = colour.map(c => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  /** The nearest opaque background; a chart's text stands on the chart's frame. */
  const backgroundOf = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor)
      if (colour[3] > 0.99) return colour
    }
    return [1, 1, 1, 1]
  }
  /** Contrast by WCAG 2.1, section 1.4.3: 4.5, or 3 for large text. */
  const complaintAbout = node => {
    const element = node.parentElement
    const text = node.textContent.trim()
    if (text === '' || element.closest('style') || !element.checkVisibility()) return []
    const style = getComputedStyle(element)
    const chart = element.closest('svg')
    const a = luminance(channels(chart ? style.fill : style.color))
    const b = luminance(backgroundOf(chart ? chart.parentElement : element))
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    const needed = Number.parseFloat(style.fontSize) >= 24 ? 3 : 4.5
    return contrast < needed ? [`'${text.slice(0, 30)}' has contrast ${contrast.toFixed(2)}`] : []
  }
  const pale = new Set()
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    for (const line of complaintAbout(node)) pale.add(line)
  return {
    scrollWidth: document.documentElement.scrollWidth,
    windowWidth: innerWidth,
    brokenImages: [...document.images].filter(image => image.naturalWidth === 0).map(image => image.alt),
    headingLevels: [...document.querySelectorAll('h1,h2,h3,h4')].map(heading => Number(heading.tagName[1])),
    pale: [...pale],
  }
})()
