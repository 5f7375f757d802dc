import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import type * as Converter from '@tensorflow/tfjs-converter'
import type * as Core from '@tensorflow/tfjs-core'
import type { Classifier } from '../../../classifier/classifier.js'
import { FoveaError, messageOf } from '../../../core/errors.js'
import { sizeOf } from '../../../core/shape.js'
import type { ArtefactRuntime, WriteOptions } from '../../format.js'
import { toChannelsLast } from '../../image-layout.js'

const VERSION = '4.22.0'
const packages = ['core', 'converter', 'backend-cpu', 'backend-wasm'].map(name => `@tensorflow/tfjs-${name}`)

interface TensorFlow {
  core: typeof Core
  converter: typeof Converter
}

/**
 * TensorFlow.js, which only verification needs: not a dependency, and loaded when it is asked for. Both backends that
 * run in plain Node: WebAssembly, and JavaScript for the few operators that it lacks.
 */
async function loadTensorFlow(): Promise<TensorFlow> {
  const require = createRequire(import.meta.url)
  try {
    const core = require('@tensorflow/tfjs-core') as typeof Core
    const converter = require('@tensorflow/tfjs-converter') as typeof Converter
    require('@tensorflow/tfjs-backend-cpu')
    const wasm = require('@tensorflow/tfjs-backend-wasm') as { setWasmPaths(folder: string): void }
    wasm.setWasmPaths(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')) + sep)
    // Its threads are workers that outlive the last answer, and with them the process.
    core.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
    return { core, converter }
  } catch (cause) {
    throw new FoveaError(
      {
        where: 'verification in TensorFlow.js',
        expected: `the packages ${packages.join(', ')}`,
        received: messageOf(cause).split('\n')[0]!,
        fix: `npm install ${packages.map(name => `${name}@${VERSION}`).join(' ')}`,
      },
      { cause },
    )
  }
}

/** The written model, loaded with `tf.loadGraphModel` from the files as they lie. */
export async function openTfjs(
  directory: string,
  { inputShape: [channels, height, width] }: Classifier,
  { fixedBatch }: WriteOptions,
): Promise<ArtefactRuntime> {
  const { core, converter } = await loadTensorFlow()
  await core.setBackend('wasm')
  const model = await converter.loadGraphModel({ load: () => readArtifacts(directory) })
  const answer = async (images: Uint8Array, count: number): Promise<Float32Array> => {
    const ordered = Int32Array.from(toChannelsLast(images, channels, height * width))
    const input = core.tensor4d(ordered, [count, height, width, channels], 'int32')
    try {
      const output = model.execute({ images: input }, 'probabilities') as Core.Tensor
      return Float32Array.from(await output.data()).slice(0, sizeOf(output.shape))
    } finally {
      input.dispose()
    }
  }
  const backend = await chooseBackend(core, () =>
    answer(new Uint8Array((fixedBatch ?? 1) * channels * height * width), fixedBatch ?? 1),
  )
  return {
    name: `TensorFlow.js ${core.version_core} (${backend})`,
    fixedBatch,
    async predict(images, count) {
      core.engine().startScope()
      try {
        return await answer(images, count)
      } finally {
        core.engine().endScope()
      }
    },
    close: async () => model.dispose(),
  }
}

/** WebAssembly where it has every kernel; else plain JavaScript, which has them all and is slow. */
async function chooseBackend(core: typeof Core, attempt: () => Promise<unknown>): Promise<string> {
  try {
    await attempt()
    return 'wasm'
  } catch (error) {
    if (!/Kernel '.*' not registered/.test(messageOf(error))) throw error
    await core.setBackend('cpu')
    return 'cpu'
  }
}

interface ModelJson {
  modelTopology: object
  signature: object
  weightsManifest: { paths: string[]; weights: Core.io.WeightsManifestEntry[] }[]
}

async function readArtifacts(directory: string) {
  const json = JSON.parse(await readFile(join(directory, 'model.json'), 'utf8')) as ModelJson
  const paths = json.weightsManifest.flatMap(group => group.paths)
  const bytes = Buffer.concat(await Promise.all(paths.map(path => readFile(join(directory, path)))))
  return {
    ...json,
    weightSpecs: json.weightsManifest.flatMap(group => group.weights),
    weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
  }
}
