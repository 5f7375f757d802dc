import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodePng } from '../../src/data/image/decode.js'
import { image, openDataset } from '../../src/data/index.js'
import { run } from './command.js'
import { findChromium, launch } from './report-page.js'
import { serveFiles } from './serve-files.js'

const COUNT = 100
const executable = findChromium()
if (!executable) console.log('page in a browser: skipped, no chromium at /usr/bin/chromium or in PATH')

interface Answer {
  name: string
  classes: { className: string; probability: number }[]
}

const classified = (page: Page, count: number): Promise<void> =>
  page
    .locator('.card[data-done]')
    .nth(count - 1)
    .waitFor({ state: 'attached' })

/** Drops files on the page, as a mouse does, and reads the answers that it shows. */
async function dropAndRead(page: Page, files: { name: string; base64: string }[]): Promise<Answer[]> {
  const transfer = await page.evaluateHandle(`transferOf(${JSON.stringify(files)})`)
  await page.dispatchEvent('#drop', 'drop', { dataTransfer: transfer })
  await classified(page, files.length)
  return page.evaluate<Answer[]>('shownAnswers()')
}

describe.skipIf(!executable)('the exported page in a browser', () => {
  let place = ''
  let browser: Browser
  let server: Server
  let url = ''
  const paths: string[] = []
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'fovea-web-'))
    const steps = ['--max-steps', '60', '--epochs', '1', '--out', 'run']
    expect((await run(['train', 'cifar10', '--recipe', 'baseline', ...steps], place)).code).toBe(0)
    const exported = await run(['export', 'run', '--to', 'web', '--out', 'page', '--verify', '50', '--json'], place)
    expect(exported.code, exported.stderr).toBe(0)
    const { test } = await openDataset('cifar10')
    for (let i = 0; i < COUNT; i++) {
      const path = join(place, `${i}.png`)
      await writeFile(path, encodePng(image(test!, i), 3, 32, 32))
      paths.push(path)
    }
    browser = await launch(executable!)
    ;({ server, url } = await serveFiles(name => join(place, 'page', name)))
  })
  afterAll(async () => {
    await browser?.close()
    server?.close()
    await rm(place, { recursive: true })
  })

  /** The page, opened; what it complains of and asks for outside of its own folder is collected, and not let out. */
  async function open(width: number): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({ viewport: { width, height: 900 } })
    const complaints: string[] = []
    page.on('console', message => complaints.push(`console: ${message.text()}`))
    page.on('pageerror', error => complaints.push(`error: ${error.message}`))
    page.on('requestfailed', request => complaints.push(`failed: ${request.url()}`))
    page.on('response', response => response.ok() || complaints.push(`${response.status()}: ${response.url()}`))
    await page.context().route('**/*', route => {
      const asked = route.request().url()
      if (asked.startsWith(url) || asked.startsWith('blob:')) return route.continue()
      complaints.push(`request: ${asked}`)
      return route.abort()
    })
    await page.addInitScript({ path: join(import.meta.dirname, 'export-in-page.js') })
    await page.goto(url)
    await page.waitForSelector('body[data-ready]')
    return { page, complaints }
  }

  it(`classifies ${COUNT} dropped images exactly as fovea predict, and asks nobody`, async () => {
    const predicted = await run(['predict', 'run', ...paths, '--top-k', '5', '--json'], place)
    const expected = predicted.json().predictions as { image: string; classes: Answer['classes'] }[]
    const { page, complaints } = await open(1280)
    const files = await Promise.all(
      paths.map(async (path, i) => ({ name: `${i}.png`, base64: (await readFile(path)).toString('base64') })),
    )
    const answers = new Map((await dropAndRead(page, files)).map(answer => [answer.name, answer.classes]))
    expect(complaints).toEqual([])
    expect(answers.size).toBe(COUNT)
    let largest = 0
    expected.forEach(({ classes }, i) => {
      const shown = answers.get(`${i}.png`)!
      expect(shown.map(c => c.className)).toEqual(classes.map(c => c.className))
      classes.forEach(({ probability }, k) => {
        largest = Math.max(largest, Math.abs(probability - shown[k]!.probability))
      })
    })
    expect(largest).toBeLessThan(1e-5)
    expect(new Set(expected.map(({ classes }) => classes[0]!.className)).size).toBeGreaterThan(2)
    await page.close()
  })

  it.each([1280, 390])('fits a window of %d pixels, takes keys, and says what it cannot read', async width => {
    const { page, complaints } = await open(width)
    await page.keyboard.press('Tab')
    expect(await page.evaluate('focused()')).toBe('files')
    await page.setInputFiles('#files', [...paths.slice(0, 5), join(place, 'page/index.html')])
    await classified(page, 6)
    expect(await page.textContent('.refused .why')).toMatch(/not an image/)
    expect(await page.evaluate<number>('pageWidth()')).toBeLessThanOrEqual(width)
    expect(complaints).toEqual([])
    await page.close()
  })

  it('would see a request to elsewhere and an error in the console (planted)', async () => {
    const { page, complaints } = await open(390)
    await page.evaluate('askElsewhere()')
    await page.waitForTimeout(200)
    expect(complaints.join()).toMatch(/violates the following Content Security Policy/)
    await page.close()
  })
})
