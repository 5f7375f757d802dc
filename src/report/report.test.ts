import { readdirSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { evaluateProbabilities, summarizeRun } from '../evaluate/index.js'
import { shortRun } from '../evaluate/testing/healthy-runs.js'
import { sickRuns } from '../evaluate/testing/sick-runs.js'
import { syntheticHistory } from '../evaluate/testing/synthetic-run.js'
import { escapeHtml, html, prose } from './html.js'
import type { Report } from './input.js'
import { count, duration, moment, percent, short } from './numbers.js'
import { renderReport } from './render-report.js'
import { reportFiles } from './report-files.js'
import { syntheticInput } from './testing/synthetic-report.js'

/** Everything by which a page could fetch or run something; the name spaces of SVG are names, not addresses. */
function outsideReferences(page: string): string[] {
  const plain = page.replace(/xmlns(:\w+)?="http:\/\/www\.w3\.org\/[^"]*"/g, '')
  return (
    plain.match(
      /<script|<iframe|<object|<embed|<form|\bon\w+="|(?:https?:)?\/\/[\w.]+\.\w+|@import|url\((?!#)[^)]*\)/gi,
    ) ?? []
  )
}

const healthy = syntheticInput()
let report: Report
beforeAll(async () => {
  report = await renderReport(healthy)
})

describe('the page', () => {
  it('shows headline figures, curves, confusion, classes, mistakes, recipe and provenance', () => {
    const { accuracy, accuracyInterval, top5, loss } = healthy.evaluation!
    for (const text of [
      percent(accuracy, 2),
      percent(accuracyInterval[0]),
      percent(top5, 2),
      loss.toFixed(3),
      '1.12 M',
      'cpu',
    ])
      expect(report.html).toContain(text)
    const titles = [...report.html.matchAll(/<h2[^>]*>([^<]+)/g)].map(([, title]) => title)
    expect(titles).toEqual([
      'Diagnosis',
      'Training',
      'Confusion',
      'Classes',
      'Calibration',
      'Mistakes',
      'Events',
      'Recipe',
      'Provenance',
    ])
    for (const hash of ['67eb016db431130d61cd03c7ad570b013799c88c', 'b5bb9d8014a0f'])
      expect(report.html).toContain(hash)
    expect(report.html).toContain('fovea train --model baseline --seed 7')
  })

  it('refers to nothing outside itself and says so to the browser', () => {
    expect(outsideReferences(report.html)).toEqual([])
    expect(report.html).toContain(
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">`,
    )
  })

  it.each([
    '<script>alert(1)</script>',
    '<img src="https://example.org/x.png">',
    '<p onclick="x()">',
    '<style>@import "x"</style>',
    '<style>b{background:url(x.png)}</style>',
    '<a href="//example.org">',
  ])('has a check that catches a planted reference: %s', planted => {
    expect(outsideReferences(report.html.replace('</main>', `${planted}</main>`))).not.toEqual([])
  })

  it('leads from a cell of the matrix to its images and hides the others, without script', () => {
    const links = [...report.html.matchAll(/href="#(taken-\d+-\d+)"/g)].map(([, id]) => id!)
    expect(links.length).toBeGreaterThan(5)
    for (const id of links) {
      expect(report.html).toContain(`id="${id}"`)
      expect(report.html).toContain(`class="card ${id}"`)
      expect(report.html).toContain(`.mistakes:has(#${id}:target)`)
    }
  })

  it('is calm where nothing is wrong, and tells every finding with its remedy where something is', async () => {
    expect(report.html).toContain('Nothing to report.')
    const { history } = sickRuns.overfitting!()
    const { findings, ...rest } = syntheticInput({ history })
    const sick = await renderReport({ ...rest, findings })
    expect(sick.html).not.toContain('Nothing to report.')
    for (const { title, remedy } of findings) {
      expect(sick.html).toContain(escapeHtml(title))
      for (const step of remedy) expect(sick.html).toContain(prose(step).text)
    }
  })

  it('gives the same bytes for the same input', async () => {
    expect(await renderReport(healthy)).toEqual(report)
  })

  it('has unique ids, one h1 and a label or text for every image', () => {
    const ids = [...report.html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(report.html.match(/<h1/g)).toHaveLength(1)
    for (const [image] of report.html.matchAll(/<img [^>]*>/g)) expect(image).toMatch(/alt="[^"]+"/)
    for (const [chart] of report.html.matchAll(/<div class="chart"[^>]*>/g))
      expect(chart).toMatch(/role="img" aria-label="[^"]+"/)
  })
})

describe('hostile names', () => {
  const evil = `<script>alert('&"')</script>`
  const classNames = [
    evil,
    '"><img src=x onerror=alert(1)>',
    '</style><b>',
    '__proto__',
    '猫',
    'a'.repeat(300),
    ' ',
    "'",
    '{{x}}',
    '%s $1',
  ]

  it('stay text in the page and in the charts', async () => {
    const input = syntheticInput({ classNames })
    const hostile = await renderReport({
      ...input,
      title: evil,
      recipe: { [evil]: [evil] },
      findings: [{ id: 'x', severity: 'problem', title: evil, evidence: `\`${evil}\``, figures: {}, remedy: [evil] }],
      provenance: { ...input.provenance, command: evil, datasetHashes: { [evil]: evil } },
      summary: {
        ...input.summary,
        model: { ...input.summary.model, name: evil },
        notices: [{ epoch: 1, source: evil, message: evil }],
        gradientNorms: input.summary.gradientNorms.map(point => ({ ...point, parameter: point.parameter + evil })),
      },
    })
    expect(hostile.html).not.toMatch(/<script|<img src=x|<\/style><b>/i)
    expect(hostile.html).toContain(escapeHtml(evil))
    for (const { svg } of hostile.charts) expect(svg).not.toMatch(/<script|<img/i)
    const confusion = hostile.charts.find(({ name }) => name === 'confusion')!
    expect(confusion.svg).toContain('&lt;script&gt;')
  })

  it('are escaped by the template and by nothing else', () => {
    expect(html`<b title="${evil}">${[evil, html`<i>${1}</i>`, false, undefined]}</b>`.text).toBe(
      `<b title="${escapeHtml(evil)}">${escapeHtml(evil)}<i>1</i></b>`,
    )
    expect(prose('`--set name=a-long-value-without-any-break`').text).toBe(
      '<code class="long"><span>--set</span> name=a-long-value-without-any-break</code>',
    )
    expect(prose('use `a<b`').text).toBe('use <code>a&lt;b</code>')
  })
})

describe('charts', () => {
  it('come as SVG and PNG under fixed names', () => {
    const names = ['loss', 'accuracy', 'learning-rate', 'gradient-norms', 'confusion', 'calibration']
    expect(report.charts.map(({ name }) => name)).toEqual(names)
    for (const { svg, png } of report.charts) {
      expect(svg).toMatch(/^<svg /)
      expect([...png.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10])
      expect(png.length).toBeGreaterThan(5000)
    }
  })
})

describe('a run with less to show', () => {
  it('is reported without an evaluation, by its validation', async () => {
    const { evaluation: _none, ...rest } = syntheticInput()
    const page = (await renderReport({ ...rest, gallery: [] })).html
    expect(page).toContain('best validation accuracy, in epoch')
    expect(page).not.toContain('id="confusion"')
  })

  it('is reported when it was killed in its first epoch', async () => {
    const history = syntheticHistory(shortRun())
    const { end: _end, ...killed } = { ...history, epochs: [], steps: history.steps.slice(0, 1) }
    const { evaluation: _none, ...rest } = syntheticInput()
    const early = await renderReport({ ...rest, summary: summarizeRun(killed), gallery: [] })
    expect(early.charts).toEqual([])
    expect(early.html).toContain('has not ended')
    expect(early.html).not.toMatch(/NaN|undefined|Infinity/)
  })

  it('draws a matrix in place of a table for a hundred classes', async () => {
    const classNames = Array.from({ length: 100 }, (_, c) => `class ${c}`)
    const labels = Array.from({ length: 1000 }, (_, i) => i % 100)
    const probabilities = new Float32Array(100_000).fill(0.005)
    for (const [i, label] of labels.entries()) probabilities[i * 100 + ((label + (i % 3 === 0 ? 1 : 0)) % 100)] = 0.505
    const evaluation = evaluateProbabilities({ probabilities, labels, classNames, dataset: 'hundred', split: 'test' })
    const many = await renderReport({ ...syntheticInput(), evaluation, gallery: [] })
    expect(many.html).not.toContain('class="matrix"')
    expect(many.html).toContain('Confusion matrix of 100 classes')
    expect(many.html.length).toBeLessThan(3e6)
  })

  it('shows no image that is missing from the gallery and no link to it', async () => {
    const page = (await renderReport({ ...healthy, gallery: healthy.gallery.slice(0, 1) })).html
    expect(page.match(/<img /g)).toHaveLength(1)
    expect(page.match(/href="#taken-/g)).toHaveLength(1)
  })
})

describe('files', () => {
  it('are the charts and, last, the page', () => {
    const files = reportFiles(report)
    expect(files.map(({ path }) => path).slice(0, 2)).toEqual(['charts/loss.svg', 'charts/loss.png'])
    expect(files).toHaveLength(2 * report.charts.length + 1)
    expect(files.at(-1)).toEqual({ path: 'report.html', content: report.html })
  })
})

describe('numbers', () => {
  it('are written for people', () => {
    expect([count(1_116_970), count(999), short(1_116_970), short(25_400_000), short(512)]).toEqual([
      '1,116,970',
      '999',
      '1.12 M',
      '25.4 M',
      '512',
    ])
    expect([duration(3.21), duration(75), duration(600), duration(7800)]).toEqual([
      '3.2 s',
      '75 s',
      '10 min',
      '2 h 10 min',
    ])
    expect([percent(0.8256, 2), percent(Number.NaN), moment('2026-11-24T08:00:00.000Z'), moment('today')]).toEqual([
      '82.56 %',
      'n/a',
      '2026-11-24 08:00 UTC',
      'today',
    ])
  })
})

it('computes no result: it takes types from evaluate and nothing that runs', () => {
  const folder = new URL('./', import.meta.url)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    file => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.includes('testing'),
  )
  for (const file of files) {
    const imports = readFileSync(new URL(file, folder), 'utf8').match(/^import .*evaluate\/.*$/gm) ?? []
    for (const line of imports) expect(line, file).toMatch(/^import type /)
  }
})
