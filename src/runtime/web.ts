import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as Ort from 'onnxruntime-web'
import { FoveaError, messageOf } from '../core/errors.js'
import { tensorWrapper, unwrap } from './ort-tensor.js'
import type { Tensors } from './session.js'

/** ONNX Runtime for browsers: one script (its WebAssembly glue inside) and one WebAssembly file. */
export interface WebRuntimeFiles {
  version: string
  script: { name: string; path: string }
  wasm: { name: string; path: string }
}

/** Where the installed runtime lies. It is 140 MB with all its variants, so that only who writes pages installs it. */
export function webRuntimeFiles(): WebRuntimeFiles {
  const require = createRequire(import.meta.url)
  try {
    const wasm = 'ort-wasm-simd-threaded.wasm'
    const wasmPath = require.resolve(`onnxruntime-web/${wasm}`)
    const script = 'ort.wasm.bundle.min.mjs'
    const { version } = require(join(dirname(wasmPath), '..', 'package.json')) as { version: string }
    return {
      version,
      script: { name: script, path: join(dirname(wasmPath), script) },
      wasm: { name: wasm, path: wasmPath },
    }
  } catch (cause) {
    throw new FoveaError(
      {
        where: 'ONNX Runtime for the web',
        expected: 'the package onnxruntime-web',
        received: 'none that is installed',
        fix: 'npm install onnxruntime-web@1.30.0',
      },
      { cause },
    )
  }
}

export interface WebSession {
  /** Runs the graph on the CPU in WebAssembly, on one thread: what a page without special headers can do. */
  run(feeds: Tensors): Promise<Record<string, ReturnType<typeof unwrap>>>
  release(): Promise<void>
}

/** A session of the browser's runtime, here in Node: the same WebAssembly that a page loads. */
export async function createWebSession(model: Uint8Array): Promise<WebSession> {
  const files = webRuntimeFiles()
  // Its default entry in Node is another one, without WebAssembly.
  const ort = (await import(/* @vite-ignore */ pathToFileURL(files.script.path).href)) as typeof Ort
  ort.env.wasm.numThreads = 1
  ort.env.wasm.wasmBinary = await readFile(files.wasm.path)
  const wrap = tensorWrapper(ort.Tensor as never)
  try {
    const session = await ort.InferenceSession.create(model, { executionProviders: ['wasm'] })
    return {
      async run(feeds) {
        const wrapped = Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, wrap(value)]))
        const results = await session.run(wrapped as never)
        return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, unwrap(value as never, name)]))
      },
      release: () => session.release(),
    }
  } catch (cause) {
    throw new FoveaError(
      { where: 'ONNX Runtime for the web', expected: 'a graph that it accepts', received: messageOf(cause) },
      { cause },
    )
  }
}
