import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Classifier } from '../../../classifier/classifier.js'
import { tensor } from '../../../core/tensor.js'
import { createWebSession, webRuntimeFiles } from '../../../runtime/web.js'
import type { ArtefactRuntime } from '../../format.js'
import { MODEL_NAME } from './write.js'

/** The page's model in the page's WebAssembly, run by Node: all of it but the browser. */
export async function openPage(directory: string, { inputShape }: Classifier): Promise<ArtefactRuntime> {
  const session = await createWebSession(await readFile(join(directory, MODEL_NAME)))
  return {
    name: `onnxruntime-web ${webRuntimeFiles().version} (WebAssembly, 1 thread)`,
    async predict(images, count) {
      const outputs = await session.run({ images: tensor('uint8', [count, ...inputShape], images) })
      return outputs.probabilities!.data as Float32Array
    },
    close: () => session.release(),
  }
}
