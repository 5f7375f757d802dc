import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sickRuns } from '../../src/evaluate/testing/sick-runs.js'
import { renderReport } from '../../src/report/index.js'
import { syntheticInput } from '../../src/report/testing/synthetic-report.js'
import { checkPage, findChromium, launch, views } from './report-page.js'

const executable = findChromium()
if (!executable) console.log('report in a browser: skipped, no chromium at /usr/bin/chromium or in PATH')

describe.skipIf(!executable)('a report in a browser', () => {
  let browser: Browser
  let healthy = ''
  let sick = ''
  let hostile = ''
  beforeAll(async () => {
    browser = await launch(executable!)
    healthy = (await renderReport(syntheticInput())).html
    sick = (await renderReport(syntheticInput({ history: sickRuns.overfitting!().history }))).html
    const classNames = [
      '<script>alert(1)</script>',
      '"><img src=//example.org/x onerror=alert(1)>',
      'w'.repeat(200),
      'd',
      'e',
      'f',
      'g',
      'h',
      'i',
      'j',
    ]
    hostile = (await renderReport(syntheticInput({ classNames }))).html
  })
  afterAll(() => browser?.close())

  it.each(views)('is whole, quiet and readable at $width pixels, $colorScheme', async view => {
    expect(await checkPage(browser, healthy, view)).toEqual([])
    expect(await checkPage(browser, sick, view)).toEqual([])
    expect(await checkPage(browser, hostile, view)).toEqual([])
  })

  it('shows the images of a cell when it is clicked, and all of them again', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    await page.setContent(healthy)
    const visible = () => page.locator('.card:visible').count()
    const all = await visible()
    const link = page.locator('.matrix a').first()
    const id = (await link.getAttribute('href'))!.slice(1)
    await link.click()
    expect(await visible()).toBe(await page.locator(`.card.${id}`).count())
    expect(await visible()).toBeLessThan(all)
    await page.getByText('Show all').locator('visible=true').click()
    expect(await visible()).toBe(all)
    await page.close()
  })

  const withoutPolicy = (page: string): string => page.replace(/<meta http-equiv[^>]*>/, '')
  const plant = (page: string, markup: string): string => page.replace('</main>', `${markup}</main>`)

  it.each<[string, (page: string) => string, RegExp]>([
    [
      'an outside request',
      p => plant(withoutPolicy(p), '<img alt="x" src="http://example.invalid/x.png">'),
      /^request: http:\/\/example\.invalid/,
    ],
    [
      'a request that the policy stops',
      p => plant(p, '<img alt="x" src="http://example.invalid/x.png">'),
      /^console: .*Content Security Policy/,
    ],
    [
      'a script that the policy stops',
      p => plant(p, '<script>alert(1)</script>'),
      /^console: .*Content Security Policy/,
    ],
    ['an error', p => plant(withoutPolicy(p), '<script>throw new Error("planted")</script>'), /^error: planted/],
    ['a page that scrolls sideways', p => plant(p, '<div style="width:3000px">wide</div>'), /^width: 3\d\d\d/],
    ['a broken image', p => plant(p, '<img alt="planted" src="data:image/png;base64,AAAA">'), /^image: planted/],
    ['a skipped heading', p => plant(p, '<h2>a</h2><h4>b</h4>'), /^headings: /],
    [
      'pale text',
      p => plant(p, '<p style="color:#aaa;background:#fff">pale</p>'),
      /^contrast: 'pale' has contrast 2\.3/,
    ],
  ])('has a check that catches %s', async (_what, plantIn, complaint) => {
    const complaints = await checkPage(browser, plantIn(healthy), views[0]!)
    expect(
      complaints.some(line => complaint.test(line)),
      complaints.join('\n'),
    ).toBe(true)
  })
})
