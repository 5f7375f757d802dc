import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unitRange } from '../classifier/preprocess.js'
import { toFloat16 } from '../core/float16.js'
import { randomStream } from '../core/random.js'
import { sizeOf } from '../core/shape.js'
import { type Tensor, tensor } from '../core/tensor.js'
import { categoricalCrossentropy } from '../nn/losses/categorical-crossentropy.js'
import { publishedName } from '../nn/published-names.js'
import type { Layer } from '../nn/scope.js'
import { adam } from '../optim/adam.js'
import { sgd } from '../optim/sgd.js'
import { buildModel } from './models/index.js'
import { openInitialWeights, takePublished, withInitialWeightsHash } from './published-weights.js'
import { parseRecipe } from './recipe.js'
import { encodeSafetensors } from './safetensors.js'
import { buildStep, type StepPlan } from './step-graph.js'
import { tinyPlan, trainTiny } from './testing/tiny-plan.js'
import { initialWeights, type WeightMap } from './weights.js'

const network = (classes: number): Layer => buildModel({ type: 'resnet-cifar', depth: 8, version: 1 } as never, classes)
const planOf = (layer: Layer, classes: number, size = 8): StepPlan =>
  buildStep({
    layer,
    inputShape: [3, size, size],
    classes,
    batchSize: 2,
    preprocess: unitRange,
    loss: categoricalCrossentropy(),
    optimizer: sgd(),
  })

/** What PyTorch would save: every weight another number, dense kernels [out, in]. */
function publishedOf({ parameters, statistics }: StepPlan): Map<string, Tensor> {
  const file = new Map<string, Tensor>()
  for (const spec of [...parameters, ...statistics]) {
    const stream = randomStream(6, spec.name)
    const isDense = spec.shape.length === 2
    const shape = isDense ? [...(spec.shape as number[])].reverse() : (spec.shape as number[])
    file.set(
      publishedName(spec.name),
      tensor(
        'float32',
        shape,
        Float32Array.from({ length: sizeOf(shape) }, () => stream.normal()),
      ),
    )
  }
  return file
}

function taken(plan: StepPlan, tensors: Map<string, Tensor>): { weights: WeightMap; message: string } {
  const weights = initialWeights(plan.parameters, plan.statistics, 1)
  return { weights, message: takePublished(weights, plan, { file: 'file', tensors }) }
}

describe('published weights', () => {
  const plan = planOf(network(4), 4)
  const file = publishedOf(plan)

  it('every parameter and statistic is taken by its published name', () => {
    const { weights, message } = taken(plan, file)
    expect(message).toBe(`${plan.parameters.length + plan.statistics.length} first weights taken from file`)
    for (const { name, shape } of [...plan.parameters, ...plan.statistics].filter(({ shape }) => shape.length !== 2)) {
      expect(weights.get(name)!.shape).toEqual(shape)
      expect(weights.get(name)!.data).toEqual(file.get(publishedName(name))!.data)
    }
    expect([...weights.keys()].map(publishedName)).toContain('layer1.0.bn1.running_var')
  })

  it('a dense kernel [out, in] becomes [in, out]', () => {
    const kernel = plan.parameters.find(({ shape }) => shape.length === 2)!
    const theirs = file.get(publishedName(kernel.name))!
    const ours = taken(plan, file).weights.get(kernel.name)!
    const [inputs, outputs] = ours.shape as [number, number]
    expect([outputs, inputs]).toEqual(theirs.shape)
    for (const [i, o] of [
      [0, 0],
      [5, 1],
      [inputs - 1, outputs - 1],
    ] as const)
      expect(ours.data[i * outputs + o]).toBe(theirs.data[o * inputs + i])
  })

  it('the last layer of other classes, or of none, starts anew', () => {
    const other = planOf(network(7), 7)
    const fresh = initialWeights(other.parameters, other.statistics, 1)
    const head = other.parameters.filter(({ shape, role }) => shape.length === 2 || (role === 'bias' && shape[0] === 7))
    const without = new Map([...file].filter(([name]) => !head.some(({ name: own }) => publishedName(own) === name)))
    for (const tensors of [file, without]) {
      const { weights, message } = taken(other, tensors)
      expect(message).toMatch(/the last layer \(linear\.weight, linear\.bias\) starts anew$/)
      for (const { name } of head) expect(weights.get(name)).toEqual(fresh.get(name))
      expect(weights.get('conv1/kernel')!.data).toEqual(file.get('conv1.weight')!.data)
    }
  })

  it("PyTorch's counters of batches are passed over, float16 is read", () => {
    const half = new Map([...file].map(([name, t]) => [name, tensor('float16', t.shape, toFloat16(t.data as never))]))
    half.set('bn1.num_batches_tracked', tensor('int64', [1], BigInt64Array.of(9n)))
    const { weights } = taken(plan, half)
    const [ours, theirs] = [weights.get('conv1/kernel')!.data, file.get('conv1.weight')!.data]
    expect(ours[3]).toBeCloseTo(theirs[3] as number, 2)
    expect(ours).not.toEqual(theirs)
  })

  const changed = (change: (tensors: Map<string, Tensor>) => void) => () => {
    const copy = new Map(file)
    change(copy)
    return taken(plan, copy)
  }
  it.each([
    [
      'a weight that is missing',
      (t: Map<string, Tensor>) => t.delete('bn1.running_mean'),
      "none named 'bn1.running_mean'",
    ],
    [
      'weights of another network',
      (t: Map<string, Tensor>) => {
        for (const i of [1, 2, 3, 4]) t.set(`layer9.${i}.weight`, file.get('bn1.weight')!)
      },
      "weights of nothing here: 'layer9.1.weight', 'layer9.2.weight', 'layer9.3.weight' and 1 more",
    ],
    [
      'another shape',
      (t: Map<string, Tensor>) => t.set('conv1.weight', tensor('float32', [16, 3, 1, 1], new Float32Array(48))),
      'initialWeights file, conv1.weight: expected shape [16, 3, 3, 3], received [16, 3, 1, 1]',
    ],
    [
      'whole numbers',
      (t: Map<string, Tensor>) => t.set('bn1.weight', tensor('int32', [16], new Int32Array(16))),
      'bn1.weight: expected numbers as float32 or float16, received int32',
    ],
  ])('%s is an error', (_, change, text) => {
    expect(changed(change)).toThrow(text)
  })
})

describe('a file of published weights', () => {
  let folder = ''
  let path = ''
  const plan = tinyPlan({ optimizer: adam({ learningRate: 1e-9 }) })
  const step = planOf(plan.layer, 3, 6)
  const file = publishedOf(step)
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fovea-published-'))
    path = join(folder, 'model.safetensors')
    await writeFile(path, Buffer.concat(encodeSafetensors(file)))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('is what a training begins with, and not what it goes on with', async () => {
    const started = await trainTiny(
      { ...plan, initialWeights: () => openInitialWeights({ file: path }) },
      { maxSteps: 1 },
    )
    const [kernel] = step.parameters
    const theirs = file.get(publishedName(kernel!.name))!.data as Float32Array
    const ours = started.weights.get(kernel!.name)!.data as Float32Array
    ours.forEach((value, i) => {
      expect(value).toBeCloseTo(theirs[i]!, 6)
    })
    const unread = { ...plan, initialWeights: () => Promise.reject(new Error('read')) }
    await expect(trainTiny(unread, { maxSteps: 1 })).rejects.toThrow('read')
    expect((await trainTiny(unread, { maxSteps: 2, snapshot: started })).step).toBe(2)
  })

  const recipe = (initialWeights: object) =>
    parseRecipe({ name: 'x', model: { type: 'resnet-cifar', depth: 8 }, optimizer: { type: 'sgd' }, initialWeights })

  it('is named in the recipe with its hash, and another file is refused', async () => {
    const named = await withInitialWeightsHash(recipe({ file: path }))
    expect(named.initialWeights!.sha256).toMatch(/^[0-9a-f]{64}$/)
    expect((await openInitialWeights(named.initialWeights!)).tensors.size).toBe(file.size)
    const other = { file: path, sha256: '0'.repeat(64) }
    await expect(openInitialWeights(other)).rejects.toThrow('expected the file with SHA-256 0000000000000000…')
  })

  it('that is missing or damaged is said', async () => {
    await expect(openInitialWeights({ file: join(folder, 'none') })).rejects.toThrow('expected a safetensors file')
    const broken = join(folder, 'broken')
    await writeFile(broken, 'no weights')
    await expect(openInitialWeights({ file: broken })).rejects.toThrow('use an undamaged safetensors file')
  })
})
