/**
 * What every comparison with peers shares. In each round every contender is a fresh process, warmed up; then they take
 * turns of a few steps while the others sleep, so that a machine whose speed changes from second to second changes it
 * for all. Ratios are of turns side by side; raw values are kept.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { median } from '../src/evaluate/robust.js'
import { runEnvironment, runFlags } from '../src/train/spawn-run.js'

export interface Job {
  /** What is timed, for the table. */
  what: string
  batch: number
  /** Steps of each contender in a round. */
  steps: number
}

/** A program that speaks as `answerTimings` does, started for a job. */
export type Contender<J extends Job> = (job: J) => Racer

const tcmalloc = [
  '/usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4',
  '/usr/lib/aarch64-linux-gnu/libtcmalloc_minimal.so.4',
].find(existsSync)

/** PyTorch is faster with it. */
export const preload: NodeJS.ProcessEnv = tcmalloc ? { LD_PRELOAD: tcmalloc } : {}

/** A contender's process: warmed up once `ready`, then running as many steps as it is asked for. */
export class Racer {
  private readonly child: ChildProcess
  private readonly lines: AsyncIterator<string>
  constructor(command: string, args: readonly (string | number)[], env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(command, args.map(String), {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    this.lines = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]()
  }

  private async answer<T>(): Promise<T> {
    const { value, done } = await this.lines.next()
    if (done) throw new Error(`${this.child.spawnargs.join(' ')} ended before it answered`)
    return JSON.parse(value)
  }

  async ready(): Promise<string> {
    return (await this.answer<{ version: string }>()).version
  }

  /** ms of each of so many steps. */
  run(steps: number): Promise<number[]> {
    this.child.stdin!.write(`${steps}\n`)
    return this.answer()
  }

  close(): Promise<void> {
    return new Promise(resolve => {
      this.child.once('exit', () => resolve())
      this.child.stdin!.end()
    })
  }
}

/** A TypeScript program of this folder with the environment of `fovea train`'s process, and its flags if it trains. */
export const racerHere = (file: string, args: readonly (string | number)[], trains: boolean): Racer =>
  new Racer(
    process.execPath,
    [...(trains ? runFlags : []), '--import', import.meta.resolve('tsx'), join(import.meta.dirname, file), ...args],
    runEnvironment({}),
  )

/** Turns of each contender in a round. */
const TURNS = 6

/** One job: the best of the others counts, turn by turn. Prints a table. */
export async function contest<J extends Job>(
  job: J,
  contenders: Readonly<Record<string, Contender<J>>>,
  rounds: number,
) {
  const names = Object.keys(contenders)
  const others = names.filter(name => name !== 'fovea')
  const raw: Record<string, number[][]> = Object.fromEntries(names.map(name => [name, []]))
  const versions: Record<string, string> = {}
  const turns = Math.min(TURNS, job.steps)
  for (let round = 0; round < rounds; round++) {
    const racers = new Map<string, Racer>()
    for (const name of names) {
      const started = contenders[name]!(job)
      versions[name] = await started.ready()
      racers.set(name, started)
    }
    for (let turn = 0; turn < turns; turn++)
      for (const name of turn % 2 ? [...names].reverse() : names) {
        const ms = await racers.get(name)!.run(Math.ceil(job.steps / turns))
        raw[name]!.push(ms.map(value => Number(value.toFixed(3))))
      }
    for (const started of racers.values()) await started.close()
  }
  const medians = Object.fromEntries(names.map(name => [name, raw[name]!.map(median)]))
  const ofRun = Object.fromEntries(names.map(name => [name, median(medians[name]!)]))
  const ratios = medians.fovea!.map((ours, turn) => Math.min(...others.map(n => medians[n]![turn]!)) / ours)
  const ratioToBest = median(ratios)
  const ratioByRound = Array.from({ length: rounds }, (_, r) => median(ratios.slice(r * turns, (r + 1) * turns)))
  console.log(
    `\n${job.what}, batch ${job.batch} (${rounds} rounds of ${turns} turns of ${Math.ceil(job.steps / turns)})`,
  )
  for (const name of names)
    console.log(
      `  ${name.padEnd(20)} ${ofRun[name]!.toFixed(2).padStart(9)} ms ${((job.batch / ofRun[name]!) * 1000).toFixed(0).padStart(8)} images/s`,
    )
  const byRound = ratioByRound.map(r => r.toFixed(2)).join(', ')
  console.log(
    `  fovea is ${ratioToBest.toFixed(2)} x the best of the others (median of all turns; by round: ${byRound})`,
  )
  return { ...job, versions, medians, ratios, ratioByRound, ratioToBest, raw }
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
