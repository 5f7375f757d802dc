import { randomStream } from '../../core/random.js'
import { sizeOf } from '../../core/shape.js'
import { scalar, type Tensor, tensor } from '../../core/tensor.js'
import { createLoader } from '../../data/loader.js'
import { sgd } from '../../optim/sgd.js'
import { compile, type Machine } from '../../train/compile.js'
import type { TrainingPlan } from '../../train/plan.js'
import { buildStep, type StepPlan } from '../../train/step-graph.js'

/** Gradients of the training loss at fixed weights, for each of the first `batches` batches of a plan. */
export async function batchGradients(
  plan: TrainingPlan,
  weights: ReadonlyMap<string, Tensor>,
  batches: number,
  machine: Machine,
): Promise<Map<string, Tensor>[]> {
  const { training, batchSize, seed, transforms } = plan
  const step = buildStep({
    ...plan,
    optimizer: sgd({ learningRate: 0 }),
    lossScaling: undefined,
    quantizationAware: undefined,
    inputShape: training.shape,
    classes: training.classNames.length,
    exposeGradients: true,
  })
  const session = await compile(step.graph, machine, { keepMemory: false })
  const loader = createLoader({ set: training, batchSize, seed, transforms, workers: 0 })
  const held = {
    ...stateOf(step, weights),
    ...Object.fromEntries(step.state.scalarNames.map(name => [name, scalar(0)])),
  }
  const shapes = new Map(step.parameters.map(({ name, shape }) => [name, shape]))
  const gradients: Map<string, Tensor>[] = []
  try {
    for (let i = 0; i < batches; i++) {
      const batch = loader.tryNext() ?? (await loader.next())
      const images = tensor('uint8', [batchSize, ...training.shape], batch.images.slice())
      const labels = tensor('int32', [batchSize], batch.labels.slice())
      loader.release(batch)
      const found = new Map(step.trainable.map(name => [name, tensor('float32', shapes.get(name)!)]))
      await session.run(
        { ...held, ...randomBytes(step, seed, i), images, labels },
        Object.fromEntries([...found].map(([name, target]) => [`gradient/${name}`, target])),
      )
      gradients.push(found)
    }
  } finally {
    await loader.close()
    await session.release()
  }
  return gradients
}

/** State tensors, which hold several small weights side by side. */
function stateOf({ state }: StepPlan, weights: ReadonlyMap<string, Tensor>): Record<string, Tensor> {
  const tensors = Object.fromEntries(state.tensors.map(({ name, shape }) => [name, tensor('float32', shape)]))
  for (const { name, shape, state: place, offset } of state.placements) {
    const given = weights.get(name)
    if (given)
      (tensors[place]!.data as Float32Array).subarray(offset, offset + sizeOf(shape)).set(given.data as Float32Array)
  }
  return tensors
}

/** Dropout as in training. */
const randomBytes = ({ random }: StepPlan, seed: number, step: number): Record<string, Tensor> =>
  Object.fromEntries(
    random.map(({ name, shape }) => {
      const bytes = tensor('uint8', shape)
      randomStream(seed, 'dropout', step, name).fillBytes(bytes.data as Uint8Array)
      return [name, bytes]
    }),
  )
