import type { ComparedClassifier, Comparison } from '../compress/compare/comparison.js'
import { drawChart } from './charts/draw.js'
import { tradeOffChart } from './charts/trade-off.js'
import { documentOf, inlineChart } from './document.js'
import { type Html, html } from './html.js'
import type { Chart, Report } from './input.js'
import { count, percent, short } from './numbers.js'

const latencyOf = ({ latencies }: ComparedClassifier, batchSize: number): number =>
  latencies.find(latency => latency.batchSize === batchSize)!.medianMs

/** Charts of accuracy against size and against latency, and one page that holds them with the table. */
export async function renderComparison(comparison: Comparison): Promise<Report> {
  const points = (cost: (classifier: ComparedClassifier) => number) =>
    comparison.classifiers.map(classifier => ({
      name: classifier.name,
      cost: cost(classifier),
      accuracy: classifier.accuracy,
      low: classifier.accuracyInterval[0],
      high: classifier.accuracyInterval[1],
    }))
  const charts = [
    await drawChart(
      'accuracy-size',
      tradeOffChart(
        'Accuracy against size',
        'bytes of the file',
        '~s',
        points(({ sizeBytes }) => sizeBytes),
      ),
    ),
    await drawChart(
      'accuracy-latency',
      tradeOffChart(
        'Accuracy against latency',
        'ms for one image',
        '~g',
        points(classifier => latencyOf(classifier, 1)),
      ),
    ),
  ]
  return { html: pageOf(comparison, charts), charts }
}

const known = (value: number | null): string => (value === null ? 'n/a' : short(value))

const row = (classifier: ComparedClassifier): Html =>
  html`<tr><th scope="row">${classifier.name}</th><td>${percent(classifier.accuracy, 2)}<br><small>${percent(classifier.accuracyInterval[0], 2)} to ${percent(classifier.accuracyInterval[1], 2)}</small></td><td>${count(classifier.sizeBytes)}</td><td>${known(classifier.parameters)}</td><td>${known(classifier.multiplyAdds)}</td><td>${latencyOf(classifier, 1).toFixed(2)}</td><td>${latencyOf(classifier, 64).toFixed(1)}</td><td>${(classifier.peakRssBytes / 2 ** 20).toFixed(0)}</td></tr>`

const heads = [
  'Classifier',
  'Accuracy, 95 % interval',
  'Bytes',
  'Parameters',
  'Multiply-adds',
  'ms, batch 1',
  'ms, batch 64',
  'Peak MiB',
]

const pageOf = ({ dataset, count: images, threads, classifiers }: Comparison, charts: readonly Chart[]): string =>
  documentOf(
    `${classifiers.length} classifiers: Fovea comparison`,
    html`<header>
<p class="eyebrow">Fovea comparison</p>
<h1>${classifiers.length} classifiers on ${dataset}</h1>
<p class="muted">Accuracy on ${count(images)} test images. Latency is the median of alternating rounds on ${threads} threads; memory is that of a process that runs this classifier alone.</p>
</header>
<main><section>
<div class="charts">${charts.map(chart => inlineChart(chart, chart.name.replace('-', ' against ')))}</div>
<div class="wide" tabindex="0" role="region" aria-label="Table"><table>
<thead><tr>${heads.map(head => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${classifiers.map(row)}</tbody></table></div>
</section></main>
<footer><p>Made by Fovea. This file asks nothing of the network.</p></footer>`,
  )
