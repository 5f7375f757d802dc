/**
 * The seed CNN against PyTorch and Keras, on this machine, alternating in one run: training at batch 64 and 256,
 * inference at batch 64 and 1. Two threads; PyTorch with tcmalloc and in both memory formats, Keras without XLA (which
 * trains this network several times slower on a CPU): the better counts.
 *
 *     FOVEA_PYTHON=... npx tsx bench/peers.bench.ts [rounds]
 *
 * Prints a table and writes every raw value to bench/results/<machine>-<date>-peers.json.
 */
import { join } from 'node:path'
import { python } from '../test/oracles/python.js'
import { type Contender, contest, type Job, keep, preload, Racer, racerHere } from './contest.js'

const rounds = Number(process.argv[2] ?? 5)

interface SeedJob extends Job {
  job: 'train' | 'infer'
  warmup: number
}

const jobs: SeedJob[] = [
  { what: 'train', job: 'train', batch: 64, warmup: 10, steps: 60 },
  { what: 'train', job: 'train', batch: 256, warmup: 5, steps: 20 },
  { what: 'infer', job: 'infer', batch: 64, warmup: 20, steps: 100 },
  { what: 'infer', job: 'infer', batch: 1, warmup: 100, steps: 500 },
]

const { path: interpreter, missing } = python()
if (!interpreter) throw new Error(missing)
const peer =
  (script: string, option: string): Contender<SeedJob> =>
  ({ job, batch, warmup }) =>
    new Racer(interpreter, [join(import.meta.dirname, 'peers', script), job, batch, option, warmup], preload)

const contenders: Record<string, Contender<SeedJob>> = {
  fovea: ({ job, batch, warmup }) => racerHere('fovea-seed.ts', [job, batch, warmup], job === 'train'),
  'torch contiguous': peer('torch_seed.py', 'contiguous'),
  'torch channels_last': peer('torch_seed.py', 'channels_last'),
  keras: peer('keras_seed.py', 'nojit'),
}

const results: unknown[] = []
for (const job of jobs) results.push(await contest(job, contenders, rounds))
keep('peers', rounds, results)
