import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { siblingModule } from './sibling-module.js'

/** Imports a neighbour as TypeScript sources do, by its .js name. */
const source = (typed: string) => `
import { parentPort } from 'node:worker_threads'
import { answer } from './neighbour.js'
const value${typed} = answer
if (parentPort) parentPort.postMessage(value)
else console.log(value)
`

describe('siblingModule', () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fovea-sibling-'))
    await writeFile(join(directory, 'package.json'), '{"type":"module"}')
    for (const [extension, typed] of [
      ['ts', ': number'],
      ['js', ''],
    ] as const) {
      await writeFile(join(directory, `echo-worker.${extension}`), source(typed))
      await writeFile(join(directory, `neighbour.${extension}`), `export const answer${typed} = 42\n`)
    }
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  for (const extension of ['ts', 'js']) {
    it(`starts a thread and a process beside a .${extension} caller`, async () => {
      const caller = pathToFileURL(join(directory, `caller.${extension}`)).href
      const { url, path, execArgv } = siblingModule(caller, './echo-worker')
      expect(path.endsWith(`echo-worker.${extension}`)).toBe(true)
      expect(execArgv.length > 0).toBe(extension === 'ts')
      const worker = new Worker(url, { execArgv })
      expect(await once(worker, 'message')).toEqual([42])
      const child = spawnSync(process.execPath, [...execArgv, path], { encoding: 'utf8' })
      expect(child.stdout.trim(), child.stderr).toBe('42')
    })
  }
})
