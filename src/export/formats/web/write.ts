import { readFile } from 'node:fs/promises'
import type { Classifier } from '../../../classifier/classifier.js'
import { FoveaError } from '../../../core/errors.js'
import { webRuntimeFiles } from '../../../runtime/web.js'
import type { ExportedFile, WriteOptions } from '../../format.js'
import { writeOnnx } from '../onnx/write.js'
import { iconSvg, pageHtml } from './html.js'
import type { PageConfig } from './page/config.js'
import { pageScripts } from './page-scripts.js'
import { pageStyle } from './style.js'

/** Name of the model beside the page. */
export const MODEL_NAME = 'model.onnx'

/** A static page: any file server serves it, nothing is fetched from anywhere else. */
export async function writePage(classifier: Classifier, options: WriteOptions): Promise<ExportedFile[]> {
  const [channels, height, width] = classifier.inputShape
  if (channels !== 3)
    throw new FoveaError({
      where: 'export to web',
      expected: 'a classifier of RGB images, which is what a browser gives',
      received: `one of ${channels} channels`,
    })
  const runtime = webRuntimeFiles()
  const config: PageConfig = { classNames: [...classifier.classNames], height, width, model: MODEL_NAME }
  const text = (path: string, content: string): ExportedFile => ({ path, content: Buffer.from(content) })
  return [
    text('index.html', pageHtml(classifier)),
    text('style.css', pageStyle),
    text('icon.svg', iconSvg),
    text('classifier.json', `${JSON.stringify(config, null, 2)}\n`),
    ...(await pageScripts()).map(({ name, script }) => text(name, script)),
    { path: MODEL_NAME, content: writeOnnx(classifier, options) },
    { path: runtime.script.name, content: await readFile(runtime.script.path) },
    { path: runtime.wasm.name, content: await readFile(runtime.wasm.path) },
  ]
}
