/**
 * The seed CNN against PyTorch and Keras, on this machine, alternating in one run: training at batch 64 and 256,
 * inference at batch 64 and 1. Each contender runs in a fresh process each round, two threads, warmed up; PyTorch with
 * tcmalloc and in both memory formats, Keras without XLA (which trains this network several times slower on a CPU): the
 * better counts.
 *
 *     FOVEA_PYTHON=... npx tsx bench/peers.bench.ts [rounds]
 *
 * Prints a table and writes every raw value to bench/results/<machine>-<date>-peers.json.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { python } from '../test/oracles/python.js'

const here = fileURLToPath(new URL('.', import.meta.url))
const rounds = Number(process.argv[2] ?? 5)
const tcmalloc = [
  '/usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4',
  '/usr/lib/aarch64-linux-gnu/libtcmalloc_minimal.so.4',
].find(existsSync)

interface Job {
  job: 'train' | 'infer'
  batch: number
  warmup: number
  steps: number
}

const jobs: Job[] = [
  { job: 'train', batch: 64, warmup: 10, steps: 60 },
  { job: 'train', batch: 256, warmup: 5, steps: 20 },
  { job: 'infer', batch: 64, warmup: 20, steps: 100 },
  { job: 'infer', batch: 1, warmup: 100, steps: 500 },
]

interface Timing {
  version: string
  ms: number[]
}

type Contender = (job: Job) => Timing

const run = (command: string, args: readonly (string | number)[], env: NodeJS.ProcessEnv = {}): Timing =>
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

function contenders(): Record<string, Contender> {
  const { path: interpreter, missing } = python()
  if (!interpreter) throw new Error(missing)
  const tsx = import.meta.resolve('tsx')
  const peer =
    (script: string, option: string, env = {}): Contender =>
    ({ job, batch, warmup, steps }) =>
      run(interpreter, [join(here, 'peers', script), job, batch, option, warmup, steps], env)
  const preload = tcmalloc ? { LD_PRELOAD: tcmalloc } : {}
  return {
    fovea: ({ job, batch, warmup, steps }) =>
      run(process.execPath, ['--import', tsx, join(here, 'fovea-seed.ts'), job, batch, warmup, steps], {
        GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
      }),
    'torch contiguous': peer('torch_seed.py', 'contiguous', preload),
    'torch channels_last': peer('torch_seed.py', 'channels_last', preload),
    keras: peer('keras_seed.py', 'nojit', preload),
  }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!

const all = contenders()
const names = Object.keys(all)
const results = jobs.map(job => {
  const raw: Record<string, number[][]> = Object.fromEntries(names.map(name => [name, []]))
  const versions: Record<string, string> = {}
  for (let round = 0; round < rounds; round++)
    for (const name of round % 2 ? [...names].reverse() : names) {
      const { version, ms } = all[name]!(job)
      versions[name] = version
      raw[name]!.push(ms.map(value => Number(value.toFixed(3))))
    }
  const medians = Object.fromEntries(names.map(name => [name, raw[name]!.map(median)]))
  const ofRun = Object.fromEntries(names.map(name => [name, median(medians[name]!)]))
  const best = names.filter(name => name !== 'fovea').reduce((a, b) => (ofRun[a]! <= ofRun[b]! ? a : b))
  const ratios = medians.fovea!.map(
    (ours, round) => Math.min(...names.filter(n => n !== 'fovea').map(n => medians[n]![round]!)) / ours,
  )
  console.log(`\n${job.job}, batch ${job.batch} (median of ${rounds} rounds of ${job.steps})`)
  for (const name of names)
    console.log(
      `  ${name.padEnd(20)} ${ofRun[name]!.toFixed(2).padStart(9)} ms ${((job.batch / ofRun[name]!) * 1000).toFixed(0).padStart(8)} images/s`,
    )
  console.log(
    `  fovea is ${(ofRun[best]! / ofRun.fovea!).toFixed(2)} x ${best} (by round: ${ratios.map(r => r.toFixed(2)).join(', ')})`,
  )
  return { ...job, versions, medians, ratioToBest: ofRun[best]! / ofRun.fovea!, best, raw }
})
const machine = `${cpus()[0]!
  .model.trim()
  .replace(/[^A-Za-z0-9]+/g, '-')
  .toLowerCase()}-${cpus().length}-cores`
const file = join(here, 'results', `${machine}-${new Date().toISOString().slice(0, 10)}-peers.json`)
writeFileSync(
  file,
  `${JSON.stringify({ machine, node: process.version, tcmalloc: tcmalloc !== undefined, rounds, results })}\n`,
)
console.log(`\nraw values: ${file}`)
