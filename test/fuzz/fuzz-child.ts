// Reads mutations number `from` to `to` of a seed; tells its parent of each before it starts, and what it ended in.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { FoveaError, messageOf } from '../../src/core/errors.js'
import { randomStream } from '../../src/core/random.js'
import { mutated } from './mutations.js'
import { seeds } from './seeds.js'

const [seed, from, to, planted] = process.argv.slice(2) as [string, string, string, string?]

/** A reader looks at the bytes that it was given and opens nothing. */
function forbidFiles(): void {
  const refuse = (): never => {
    throw new Error('a file was opened')
  }
  Object.assign(fs, { open: refuse, openSync: refuse, readFile: refuse, readFileSync: refuse, readdirSync: refuse })
  Object.assign(fs.promises, { open: refuse, readFile: refuse, readdir: refuse })
  syncBuiltinESMExports()
}

/** Errors that a test plants, to see that they are seen. */
const plants: Readonly<Record<string, () => unknown>> = {
  crash: () => process.exit(3),
  hang: () => {
    for (;;);
  },
  memory: () => Buffer.alloc(1_100_000_000, 1),
  outside: () => fs.readFileSync('/etc/hostname'),
  error: () => (undefined as unknown as { x: number }).x,
}

/** What kind of end a reading came to; only the first two are right. */
function outcomeOf(read: () => unknown): string {
  try {
    read()
    return 'read'
  } catch (error) {
    return error instanceof FoveaError ? 'refused' : `threw ${messageOf(error)}`
  }
}

const files = await seeds()
forbidFiles()
for (let i = Number(from); i < Number(to); i++) {
  const stream = randomStream(Number(seed), 'fuzz', i)
  const { name, file, read } = files[i % files.length]!
  const input = mutated(file, stream, files[stream.integer(files.length)]!.file)
  process.send!({ start: i, name })
  const plant = planted && i === Number(to) - 1 ? plants[planted] : undefined
  let outcome = outcomeOf(plant ?? (() => read(input)))
  if (process.memoryUsage().rss > 1_000_000_000) outcome = 'took more than 1 GB'
  process.send!({ end: i, name, outcome })
  // The parent's turn: messages leave only when the loop is free.
  await new Promise(resolve => setImmediate(resolve))
}
process.disconnect()
