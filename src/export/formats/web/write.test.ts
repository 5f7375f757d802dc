import { describe, expect, it } from 'vitest'
import { sampleClassifier, sampleNetworks } from '../../testing/sample-networks.js'
import { pageHtml } from './html.js'
import { pageScripts } from './page-scripts.js'
import { writePage } from './write.js'

const classifier = sampleClassifier(sampleNetworks['residual, strided']!)
const plain = { precision: 'fp32', layout: 'nchw' } as const

describe('page', () => {
  it('has every file that it names, and names no other place', async () => {
    const files = await writePage(classifier, plain)
    const names = new Set(files.map(({ path }) => path))
    const text = files
      .filter(({ path }) => /\.(html|css|js)$/.test(path))
      .map(({ content }) => Buffer.from(content).toString())
      .join('\n')
    const named = [...text.matchAll(/(?:href="|src="|from "\.\/|beside\("|fetch\("|URL\(")([\w.-]+)/g)].map(m => m[1]!)
    expect(named).toEqual(expect.arrayContaining(['style.css', 'main.js', 'card.js', 'worker.js', 'classifier.json']))
    expect(named.filter(name => !names.has(name))).toEqual([])
    expect(text).not.toMatch(/https?:\/\/(?!www\.w3\.org)/)
  })

  it('shows names of classes as text, whatever they are', () => {
    const html = pageHtml({ ...classifier, classNames: ['<script>alert(1)</script>', '"&'] })
    expect(html).not.toContain('<script>alert')
    expect(html).toContain('<li>&lt;script&gt;alert(1)&lt;/script&gt;</li>')
    expect(html).toContain('<li>&quot;&amp;</li>')
  })

  it('is refused for images that a browser does not give', async () => {
    await expect(writePage({ ...classifier, inputShape: [1, 8, 8] }, plain)).rejects.toThrow(/one of 1 channels/)
  })

  it('has no empty script', async () => {
    const scripts = await pageScripts()
    expect(scripts.map(({ name }) => name)).toEqual([
      'camera.js',
      'card.js',
      'main.js',
      'pixels.js',
      'resample.js',
      'worker.js',
    ])
  })
})
