import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { launch } from './report-page.js'
import { serveFiles } from './serve-files.js'

const require = createRequire(import.meta.url)
const builds = ['core', 'converter', 'backend-cpu', 'backend-wasm'].map(part => ({
  name: `tf-${part}.min.js`,
  folder: join(dirname(require.resolve(`@tensorflow/tfjs-${part}/package.json`)), 'dist'),
}))
const wasm = builds.at(-1)!.folder
const page = `<!doctype html><title>tfjs</title>${builds.map(({ name }) => `<script src="${name}"></script>`).join('')}`

export interface PageAnswers {
  /** Version and backend. */
  runtime: string
  probabilities: Float32Array
  /** Errors in the page and requests to elsewhere, which are not let out. */
  complaints: string[]
}

/**
 * An exported TF.js folder in a browser as a web site would use it: TensorFlow.js' own builds, `tf.loadGraphModel` over
 * HTTP, the WebAssembly backend. `images` are uint8 [N, H, W, C].
 */
export async function answersInBrowser(
  executable: string,
  model: string,
  images: Uint8Array,
  shape: readonly [number, number, number, number],
): Promise<PageAnswers> {
  const own = await mkdtemp(join(tmpdir(), 'fovea-tfjs-page-'))
  await writeFile(join(own, 'index.html'), page)
  await writeFile(join(own, 'images.bin'), images)
  const place = (name: string): string => {
    if (name === 'index.html' || name === 'images.bin') return join(own, name)
    if (name.endsWith('.wasm')) return join(wasm, name)
    return join(builds.find(build => build.name === name)?.folder ?? model, name)
  }
  const { server, url } = await serveFiles(place)
  const browser = await launch(executable)
  try {
    const complaints: string[] = []
    const tab = await browser.newPage()
    tab.on('pageerror', error => complaints.push(`error: ${error.message}`))
    await tab.route('**/*', route => {
      const asked = route.request().url()
      if (asked.startsWith(url)) return route.continue()
      complaints.push(`request: ${asked}`)
      return route.abort()
    })
    await tab.addInitScript({ path: join(import.meta.dirname, 'tfjs-in-page.js') })
    await tab.goto(url)
    const runtime = await tab.evaluate<string>(`start(${JSON.stringify(url)})`)
    const request = { model: `${url}model.json`, images: `${url}images.bin`, shape, batch: 100 }
    const answers = await tab.evaluate<number[]>(`classify(${JSON.stringify(request)})`)
    return { runtime: `TensorFlow.js ${runtime}`, probabilities: Float32Array.from(answers), complaints }
  } finally {
    await browser.close()
    server.close()
    await rm(own, { recursive: true })
  }
}
