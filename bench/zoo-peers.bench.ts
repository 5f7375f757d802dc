/**
 * Training steps of networks of the zoo against PyTorch, on this machine, alternating in one run: the same network and
 * rule (SGD with Nesterov momentum; that of `speed94` with Muon) on both sides, two threads, PyTorch with tcmalloc and in
 * both memory formats.
 *
 *     FOVEA_PYTHON=... npx tsx bench/zoo-peers.bench.ts [rounds] [part of a name]
 *
 * Prints a table and writes every raw value to bench/results/<machine>-<date>-zoo.json.
 */
import { join } from 'node:path'
import { recipeNamed } from '../src/train/recipes/index.js'
import { python } from '../test/oracles/python.js'
import { type Contender, contest, type Job, keep, preload, Racer, racerHere } from './contest.js'

const [rounds, part] = [Number(process.argv[2] ?? 3), process.argv[3] ?? '']

export interface ZooJob extends Job {
  /** `model` of a recipe. */
  model: { type: string } & Record<string, unknown>
  /** The same in test/oracles/zoo_models.py. */
  torch: string
  rule?: 'sgd' | 'muon'
  /** Sides of the images, pixels. */
  size: number
}

const speed94 = { model: recipeNamed('speed94').model, torch: 'whitened-cnn of speed94', rule: 'muon' as const }
const lite0 = { model: { type: 'efficientnet', size: 'lite0', strides: 'imagenet' }, torch: 'timm efficientnet_lite0' }
const jobs: ZooJob[] = [
  { what: 'speed94, 32 pixels', ...speed94, size: 32, batch: 512, steps: 4 },
  { what: 'speed94, 24 pixels', ...speed94, size: 24, batch: 512, steps: 4 },
  { what: 'resnet-20', model: { type: 'resnet-cifar', depth: 20 }, torch: 'resnet-20', size: 32, batch: 128, steps: 8 },
  {
    what: 'resnet-18, cifar stem',
    model: { type: 'resnet', depth: 18, stem: 'cifar' },
    torch: 'timm resnet18, cifar stem',
    ...{ size: 32, batch: 64, steps: 4 },
  },
  {
    what: 'densenet-bc-40-12',
    model: { type: 'densenet' },
    torch: 'timm DenseNet, blocks 6-6-6',
    ...{ size: 32, batch: 64, steps: 4 },
  },
  { what: 'efficientnet-lite0, 32 pixels', ...lite0, size: 32, batch: 64, steps: 5 },
  { what: 'efficientnet-lite0, 96 pixels', ...lite0, size: 96, batch: 32, steps: 4 },
  {
    what: 'mobilenet-v2, 96 pixels',
    model: { type: 'mobilenet-v2', strides: 'imagenet' },
    torch: 'timm mobilenetv2_100',
    ...{ size: 96, batch: 32, steps: 4 },
  },
]
const WARM_UP = 2

const { path: interpreter, missing } = python()
if (!interpreter) throw new Error(missing)
const torch =
  (order: string): Contender<ZooJob> =>
  ({ torch: network, size, batch, rule = 'sgd' }) =>
    new Racer(
      interpreter,
      [join(import.meta.dirname, 'peers', 'torch_zoo.py'), network, size, batch, order, WARM_UP, rule],
      preload,
    )
const contenders: Record<string, Contender<ZooJob>> = {
  fovea: ({ model, size, batch, rule = 'sgd' }) =>
    racerHere('fovea-zoo.ts', [JSON.stringify(model), size, batch, WARM_UP, rule], true),
  'torch contiguous': torch('contiguous'),
  'torch channels_last': torch('channels_last'),
}

const results: unknown[] = []
for (const job of jobs) if (job.what.includes(part)) results.push(await contest(job, contenders, rounds))
keep('zoo', rounds, results)
