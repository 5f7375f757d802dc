import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Classifier } from '../../../classifier/classifier.js'
import { FoveaError, messageOf } from '../../../core/errors.js'
import type { ArtefactRuntime, WriteOptions } from '../../format.js'
import { toChannelsLast } from '../../image-layout.js'
import { FILE_NAME } from './file-name.js'
import { withFloatEnds } from './float-ends.js'
import { readModel } from './read-model.js'
import { writeModel } from './write-model.js'

type LiteRt = typeof import('@litertjs/core')
const PACKAGE = '@litertjs/core'

let loaded: Promise<LiteRt> | undefined

/** LiteRT is large and only verification needs it: it is an optional package. */
async function importLiteRt(require: NodeJS.Require): Promise<{ core: LiteRt; wasm: string }> {
  try {
    const entry = require.resolve(PACKAGE)
    return { core: await import(PACKAGE), wasm: join(dirname(entry), '..', 'wasm') }
  } catch (error) {
    throw new FoveaError(
      {
        where: 'verification of a TFLite file',
        expected: `the package ${PACKAGE}, LiteRT for JavaScript`,
        received: messageOf(error).split('\n')[0]!,
        fix: `npm install ${PACKAGE}`,
      },
      { cause: error },
    )
  }
}

/** Its log, and what it says of a GPU and an NPU that it looks for whatever it is asked for. */
const CHATTER = /^(INFO|VERBOSE): |WebGPU device|NPU accelerator/

const withoutChatter =
  (write: (...said: unknown[]) => void) =>
  (...said: unknown[]): void => {
    if (!CHATTER.test(String(said[0]))) write(...said)
  }

/**
 * LiteRT's loader is made for a browser's worker: it looks for `self` and `importScripts`. They are there while it
 * loads, reading the package's own files, and gone afterwards.
 */
async function load(): Promise<LiteRt> {
  const require = createRequire(import.meta.url)
  const { core, wasm } = await importLiteRt(require)
  const scope = globalThis as Record<string, unknown>
  const before = { self: scope.self, importScripts: scope.importScripts }
  const { readFileSync } = await import('node:fs')
  scope.self = globalThis
  scope.importScripts = (url: unknown) => {
    const path = String(url)
    const run = new Function('require', '__filename', '__dirname', `${readFileSync(path, 'utf8')};return ModuleFactory`)
    scope.ModuleFactory = run(require, path, dirname(path))
  }
  // It keeps the functions that it finds here while it loads.
  const { log, warn, error } = console
  Object.assign(console, { log: withoutChatter(log), warn: withoutChatter(warn), error: withoutChatter(error) })
  try {
    await core.loadLiteRt(`${wasm}/`, { threads: false, jspi: false })
    return core
  } finally {
    Object.assign(console, { log, warn, error })
    for (const [name, value] of Object.entries(before))
      if (value === undefined) delete scope[name]
      else scope[name] = value
  }
}

/** The written file in LiteRT, opened from the disk. */
export async function openLiteRt(
  directory: string,
  { inputShape: [channels, height, width], classNames }: Classifier,
  { fixedBatch = 1, io = 'uint8' }: WriteOptions,
): Promise<ArtefactRuntime> {
  loaded ??= load()
  const { loadAndCompile, Tensor } = await loaded
  const file = new Uint8Array(await readFile(join(directory, FILE_NAME)))
  const model = await loadAndCompile(io === 'int8' ? writeModel(withFloatEnds(readModel(file))) : file, {
    accelerator: 'wasm',
  })
  return {
    name: 'LiteRT (@litertjs/core)',
    fixedBatch,
    async predict(images, count) {
      const ordered = toChannelsLast(images, channels, height * width)
      const data = io === 'uint8' ? Uint8Array.from(ordered) : Float32Array.from(ordered)
      const input = new Tensor(data, [count, height, width, channels])
      const [output] = await model.run([input])
      const probabilities = Float32Array.from(output!.toTypedArray() as Float32Array)
      if (probabilities.length !== count * classNames.length) throw new Error(`${probabilities.length} probabilities`)
      input.delete()
      output!.delete()
      return probabilities
    },
    async close() {
      model.delete()
    },
  }
}
