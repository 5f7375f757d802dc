import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unitRange } from '../../classifier/preprocess.js'
import { makeClassifier, writeClassifier } from '../../classifier/save.js'
import { describe as describeNetwork } from '../../nn/network.js'
import type { Layer } from '../../nn/scope.js'
import { renderComparison } from '../../report/comparison.js'
import { shortNames } from '../../runs/compare-runs.js'
import { INPUT, networks, randomWeights } from '../testing/networks.js'
import type { ComparedClassifier } from './comparison.js'
import { fileFacts } from './file-facts.js'
import { measureLatency } from './measure-latency.js'

const classifierOf = (layer: Layer) =>
  makeClassifier({
    layer,
    inputShape: INPUT,
    preprocess: unitRange,
    weights: randomWeights(layer),
    classNames: ['a', 'b', 'c', 'd', 'e'],
  })

describe('fileFacts', () => {
  it.each(Object.entries(networks))('%s: counts from the file what the network says', (_, layer) => {
    const { parameterCount, multiplyAdds } = describeNetwork(layer, INPUT)
    const { model } = classifierOf(layer)
    expect(fileFacts(model)).toEqual({ sizeBytes: model.length, parameters: parameterCount, multiplyAdds })
  })
  it('says nothing of a file that it cannot read', () => {
    expect(fileFacts(new Uint8Array(20))).toEqual({ sizeBytes: 20, parameters: null, multiplyAdds: null })
  })
})

describe('measureLatency', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fovea-compare-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('times two files in turn, each in a process of its own; a broken file is named', async () => {
    const paths = [join(folder, 'a.onnx'), join(folder, 'b.onnx')]
    await writeClassifier(paths[0]!, classifierOf(networks.plain!))
    await writeClassifier(paths[1]!, classifierOf(networks.residual!))
    const measured = await measureLatency(paths, { threads: 1, rounds: 3 })
    expect(measured).toHaveLength(2)
    for (const { latencies, peakRssBytes } of measured) {
      expect(latencies.map(({ batchSize, roundsMs }) => [batchSize, roundsMs.length])).toEqual([
        [1, 3],
        [64, 3],
      ])
      for (const { medianMs } of latencies) expect(medianMs).toBeGreaterThan(0)
      expect(peakRssBytes).toBeGreaterThan(2 ** 24)
    }
    const broken = join(folder, 'broken.onnx')
    await writeFile(broken, 'nothing')
    await expect(measureLatency([broken], { threads: 1, rounds: 1 })).rejects.toThrow(`timing of ${broken}`)
  })
})

it('names are short and unlike each other', () => {
  expect(shortNames(['runs/a', 'runs/b/', 'x/a', 'runs/c/model.onnx'])).toEqual(['runs/a', 'b', 'x/a', 'c/model.onnx'])
})

it('the page holds every figure, both charts, and no markup of a name', async () => {
  const compared = (name: string, accuracy: number, sizeBytes: number): ComparedClassifier => ({
    path: name,
    name,
    accuracy,
    accuracyInterval: [accuracy - 0.01, accuracy + 0.01],
    testTimeAugmentation: 'none',
    sizeBytes,
    parameters: null,
    multiplyAdds: 28_600_000,
    latencies: [
      { batchSize: 1, medianMs: 1.25, roundsMs: [1.25] },
      { batchSize: 64, medianMs: 51.5, roundsMs: [51.5] },
    ],
    peakRssBytes: 2 ** 28,
  })
  const classifiers = [compared('large', 0.9, 1_600_472), compared('<b>small', 0.88, 400_000)]
  const { html, charts } = await renderComparison({ dataset: 'cifar10', count: 10_000, threads: 2, classifiers })
  expect(charts.map(({ name }) => name)).toEqual(['accuracy-size', 'accuracy-latency'])
  for (const text of ['90.00 %', '89.00 % to 91.00 %', '1,600,472', 'n/a', '28.6 M', '1.25', '51.5', '256'])
    expect(html).toContain(text)
  expect(html).toContain('&lt;b&gt;small')
  expect(html).not.toContain('<b>small')
  for (const { svg } of charts) expect(svg).toContain('large')
})
