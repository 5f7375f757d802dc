import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { predict } from '../../src/classifier/predict.js'
import { sizeOf } from '../../src/core/shape.js'
import { exportClassifier } from '../../src/export/export-classifier.js'
import { formatNamed } from '../../src/export/formats/index.js'
import { toChannelsLast } from '../../src/export/image-layout.js'
import { sampleClassifier, sampleImages, sampleNetworks } from '../../src/export/testing/sample-networks.js'
import { compareProbabilities } from '../../src/export/verify.js'
import { findChromium } from './report-page.js'
import { answersInBrowser, type PageAnswers } from './tfjs-page.js'

const executable = findChromium()
if (!executable) console.log('TensorFlow.js in a browser: skipped, no chromium at /usr/bin/chromium or in PATH')

const COUNT = 24
const sample = sampleImages(COUNT)
const lying = toChannelsLast(sample.images, 3, 64)

interface Weight {
  shape: number[]
  dtype: string
}

/** Turns the largest kernel round. */
async function damage(folder: string): Promise<void> {
  const { weightsManifest } = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8')) as {
    weightsManifest: { paths: string[]; weights: Weight[] }[]
  }
  const [{ paths, weights }] = weightsManifest as [(typeof weightsManifest)[0]]
  const path = join(folder, paths[0]!)
  const bytes = await readFile(path)
  const kernel = weights
    .filter(({ dtype }) => dtype === 'float32')
    .sort((a, b) => sizeOf(b.shape) - sizeOf(a.shape))[0]!
  const before = weights.slice(0, weights.indexOf(kernel))
  const from = before.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0)
  const held = new Float32Array(
    bytes.buffer.slice(bytes.byteOffset + from, bytes.byteOffset + from + 4 * sizeOf(kernel.shape)),
  )
  bytes.set(new Uint8Array(held.reverse().buffer), from)
  await writeFile(path, bytes)
}

describe.skipIf(!executable)('an exported TF.js model in a browser', () => {
  let place = ''
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'fovea-tfjs-'))
  })
  afterAll(() => rm(place, { recursive: true }))

  const answers = (folder: string): Promise<PageAnswers> =>
    answersInBrowser(executable!, folder, lying, [COUNT, 8, 8, 3])

  it.each(Object.keys(sampleNetworks))('answers as the classifier: %s', async title => {
    const classifier = sampleClassifier(sampleNetworks[title]!)
    const out = join(place, title.replace(/\W+/g, '-'))
    await exportClassifier(classifier, formatNamed('tfjs'), { out, images: { ...sample, source: 'sample' } })
    const { probabilities, complaints, runtime } = await answers(out)
    expect(complaints).toEqual([])
    expect(runtime).toBe('TensorFlow.js 4.22.0 (wasm)')
    const expected = await predict(classifier, sample.images)
    const { agreeing, largestDifference } = compareProbabilities(expected, probabilities, 5)
    expect(agreeing).toBe(COUNT)
    expect(largestDifference).toBeLessThan(1e-5)
  })

  it('is seen to differ where a weight is changed (planted)', async () => {
    const classifier = sampleClassifier(Object.values(sampleNetworks)[0]!)
    const out = join(place, 'planted')
    await exportClassifier(classifier, formatNamed('tfjs'), { out, images: { ...sample, source: 'sample' } })
    await damage(out)
    const { probabilities } = await answers(out)
    const expected = await predict(classifier, sample.images)
    expect(compareProbabilities(expected, probabilities, 5).largestDifference).toBeGreaterThan(1e-3)
  })
})
