/** What every comparison with peers shares: fresh processes, alternating rounds, medians, raw values kept. */
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { median } from '../src/evaluate/robust.js'

export interface Timing {
  version: string
  ms: number[]
}

export interface Job {
  /** What is timed, for the table. */
  what: string
  batch: number
  /** Steps in a round, for the table. */
  steps: number
}

export type Contender<J extends Job> = (job: J) => Timing

const tcmalloc = [
  '/usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4',
  '/usr/lib/aarch64-linux-gnu/libtcmalloc_minimal.so.4',
].find(existsSync)

/** PyTorch is faster with it. */
export const preload: NodeJS.ProcessEnv = tcmalloc ? { LD_PRELOAD: tcmalloc } : {}

/** Runs a program in a fresh process; the last line of its stdout is a Timing. */
export const timed = (command: string, args: readonly (string | number)[], env: NodeJS.ProcessEnv = {}): Timing =>
  JSON.parse(
    execFileSync(command, args.map(String), {
      encoding: 'utf8',
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .trim()
      .split('\n')
      .at(-1)!,
  )

/** A TypeScript program of this folder, with the environment that `fovea train` gives its process. */
export const timedHere = (file: string, args: readonly (string | number)[]): Timing =>
  timed(
    process.execPath,
    ['--expose-gc', '--import', import.meta.resolve('tsx'), join(import.meta.dirname, file), ...args],
    {
      GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
    },
  )

/** One job: every contender once a round, in an order that turns; the best of the others counts. Prints a table. */
export function contest<J extends Job>(job: J, contenders: Readonly<Record<string, Contender<J>>>, rounds: number) {
  const names = Object.keys(contenders)
  const others = names.filter(name => name !== 'fovea')
  const raw: Record<string, number[][]> = Object.fromEntries(names.map(name => [name, []]))
  const versions: Record<string, string> = {}
  for (let round = 0; round < rounds; round++)
    for (const name of round % 2 ? [...names].reverse() : names) {
      const { version, ms } = contenders[name]!(job)
      versions[name] = version
      raw[name]!.push(ms.map(value => Number(value.toFixed(3))))
    }
  const medians = Object.fromEntries(names.map(name => [name, raw[name]!.map(median)]))
  const ofRun = Object.fromEntries(names.map(name => [name, median(medians[name]!)]))
  const ratios = medians.fovea!.map((ours, round) => Math.min(...others.map(n => medians[n]![round]!)) / ours)
  // Of pairs that ran side by side: a machine that slows down between rounds moves the medians apart, and not these.
  const ratioToBest = median(ratios)
  console.log(`\n${job.what}, batch ${job.batch} (median of ${rounds} rounds of ${job.steps})`)
  for (const name of names)
    console.log(
      `  ${name.padEnd(20)} ${ofRun[name]!.toFixed(2).padStart(9)} ms ${((job.batch / ofRun[name]!) * 1000).toFixed(0).padStart(8)} images/s`,
    )
  const byRound = ratios.map(r => r.toFixed(2)).join(', ')
  console.log(`  fovea is ${ratioToBest.toFixed(2)} x the best of the others (median of the rounds: ${byRound})`)
  return { ...job, versions, medians, ratios, ratioToBest, raw }
}

/** Keeps every raw value in bench/results under the machine's name. */
export function keep(name: string, rounds: number, results: readonly unknown[]): void {
  const model = cpus()[0]!
    .model.trim()
    .replace(/[^A-Za-z0-9]+/g, '-')
    .toLowerCase()
  const machine = `${model}-${cpus().length}-cores`
  const file = join(import.meta.dirname, 'results', `${machine}-${new Date().toISOString().slice(0, 10)}-${name}.json`)
  const facts = { machine, node: process.version, tcmalloc: tcmalloc !== undefined, rounds, results }
  writeFileSync(file, `${JSON.stringify(facts)}\n`)
  console.log(`\nraw values: ${file}`)
}
