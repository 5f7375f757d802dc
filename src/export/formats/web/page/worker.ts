/// <reference lib="webworker" />
import type { PageConfig, Reply, Request } from './config.js'

/** What is used of ONNX Runtime's script, which the export puts beside the page. */
interface Ort {
  env: { wasm: { numThreads: number; wasmPaths: { wasm: string } } }
  Tensor: new (type: 'uint8', data: Uint8Array, dims: readonly number[]) => unknown
  InferenceSession: {
    create(
      url: string,
      options: object,
    ): Promise<{
      run(feeds: object): Promise<{ probabilities: { data: Float32Array } }>
    }>
  }
}

const scope = self as unknown as DedicatedWorkerGlobalScope
const beside = (name: string): string => new URL(name, import.meta.url).href
const reply = (message: Reply): void => scope.postMessage(message)
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

async function open() {
  const config = (await (await fetch(beside('classifier.json'))).json()) as PageConfig
  const ort = (await import(beside('ort.wasm.bundle.min.mjs'))) as Ort
  // Threads need headers that a plain file server does not send; one thread needs nothing.
  ort.env.wasm.numThreads = 1
  ort.env.wasm.wasmPaths = { wasm: beside('ort-wasm-simd-threaded.wasm') }
  const session = await ort.InferenceSession.create(beside(config.model), { executionProviders: ['wasm'] })
  return async (pixels: Uint8Array): Promise<Float32Array> => {
    const images = new ort.Tensor('uint8', pixels, [1, 3, config.height, config.width])
    return (await session.run({ images })).probabilities.data
  }
}

const opened = open()
opened.then(
  () => reply({ kind: 'ready' }),
  error => reply({ kind: 'failed', message: textOf(error) }),
)

scope.onmessage = async ({ data: { id, pixels } }: MessageEvent<Request>) => {
  try {
    const classify = await opened
    const start = performance.now()
    const probabilities = await classify(pixels)
    reply({ kind: 'probabilities', id, probabilities, durationMs: performance.now() - start })
  } catch (error) {
    reply({ kind: 'refused', id, message: textOf(error) })
  }
}
