import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'

/** The browser that is installed, if one is: nothing is downloaded for a test. */
export function findChromium(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome']
  const folders = (process.env.PATH ?? '').split(delimiter)
  return ['/usr/bin/chromium', ...folders.flatMap(folder => names.map(name => join(folder, name)))].find(path =>
    existsSync(path),
  )
}

export const launch = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] })

export interface View {
  width: number
  colorScheme: 'light' | 'dark'
}

export const views: View[] = [
  { width: 1280, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
  { width: 390, colorScheme: 'light' },
  { width: 390, colorScheme: 'dark' },
]

interface Layout {
  scrollWidth: number
  windowWidth: number
  brokenImages: string[]
  headingLevels: number[]
  pale: string[]
}

const inPage = readFileSync(new URL('./report-in-page.js', import.meta.url), 'utf8')

/** Opens the page from a file, as a reader does; every complaint is a line. Requests are recorded and never let out. */
async function complaintsOf(page: Page, url: string): Promise<string[]> {
  const complaints: string[] = []
  page.on('console', message => complaints.push(`console: ${message.text()}`))
  page.on('pageerror', error => complaints.push(`error: ${error.message}`))
  await page.route('**/*', route => {
    const asked = route.request().url()
    if (asked === url || asked.startsWith('data:')) return route.continue()
    complaints.push(`request: ${asked}`)
    return route.abort()
  })
  await page.goto(url)
  const { scrollWidth, windowWidth, brokenImages, headingLevels, pale } = await page.evaluate<Layout>(inPage)
  if (scrollWidth > windowWidth) complaints.push(`width: ${scrollWidth} pixels in a window of ${windowWidth}`)
  for (const alt of brokenImages) complaints.push(`image: ${alt || 'without text'} does not show`)
  if (headingLevels.some((level, i) => level > (headingLevels[i - 1] ?? 0) + 1))
    complaints.push(`headings: ${headingLevels.join(' ')}`)
  for (const text of pale) complaints.push(`contrast: ${text}`)
  return complaints
}

/** Everything that is wrong with a page in one view; empty where it is as a report has to be. */
export async function checkPage(browser: Browser, html: string, { width, colorScheme }: View): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'fovea-page-'))
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
  try {
    const path = join(directory, 'report.html')
    await writeFile(path, html)
    return await complaintsOf(page, pathToFileURL(path).href)
  } finally {
    await page.close()
    await rm(directory, { recursive: true })
  }
}
