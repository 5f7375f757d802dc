import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Classifier } from '../../../classifier/classifier.js'
import { tensor } from '../../../core/tensor.js'
import { createSession, runtimeVersion } from '../../../runtime/node.js'
import type { ArtefactRuntime, WriteOptions } from '../../format.js'
import { toChannelsLast } from '../../image-layout.js'

/** The written file in ONNX Runtime, opened from the disk. */
export async function openOnnx(
  directory: string,
  { inputShape: [channels, height, width] }: Classifier,
  { layout, fixedBatch }: WriteOptions,
): Promise<ArtefactRuntime> {
  const session = await createSession(await readFile(join(directory, 'model.onnx')))
  const sizes = layout === 'nhwc' ? [height, width, channels] : [channels, height, width]
  return {
    name: `onnxruntime-node ${runtimeVersion}`,
    fixedBatch,
    async predict(images, count) {
      const ordered = layout === 'nhwc' ? toChannelsLast(images, channels, height * width) : images
      const outputs = await session.run({ images: tensor('uint8', [count, ...sizes], ordered) })
      return outputs.probabilities!.data as Float32Array
    },
    close: () => session.release(),
  }
}
