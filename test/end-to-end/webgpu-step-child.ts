/**
 * One training step on the CPU and on webgpu, from the same weights and batch, then more on webgpu. Run in a process of
 * its own, because a Vulkan loader reads its environment when a process starts. Writes into FOLDER result.json and, as
 * float32, the state of each device after the first step: cpu.bin and webgpu.bin.
 * Usage: webgpu-step-child.ts NETWORK[-mixed] STEPS FOLDER
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unitRange } from '../../src/classifier/preprocess.js'
import { randomStream } from '../../src/core/random.js'
import { sizeOf } from '../../src/core/shape.js'
import { bytesOf, scalar, type Tensor, tensor } from '../../src/core/tensor.js'
import { narrowSplits } from '../../src/lower/narrow-splits.js'
import { lowerFor } from '../../src/lower/pipelines.js'
import { batchNormalization } from '../../src/nn/layers/batch-normalization.js'
import { conv2d } from '../../src/nn/layers/conv2d.js'
import { dense } from '../../src/nn/layers/dense.js'
import { globalAveragePooling2d } from '../../src/nn/layers/pooling.js'
import { activation, add } from '../../src/nn/layers/shape.js'
import { categoricalCrossentropy } from '../../src/nn/losses/categorical-crossentropy.js'
import { cifarCnn } from '../../src/nn/models/cifar-cnn.js'
import { sequential } from '../../src/nn/network.js'
import type { Layer } from '../../src/nn/scope.js'
import { encodeModel } from '../../src/onnx/protobuf/encode.js'
import { adam } from '../../src/optim/adam.js'
import { createSession } from '../../src/runtime/node.js'
import { profileModel } from '../../src/runtime/profile.js'
import type { Device } from '../../src/runtime/session.js'
import { LOSS_SCALING } from '../../src/train/loss-scaling.js'
import { buildStep, outsideUpdate, type StepPlan } from '../../src/train/step-graph.js'
import { StepRunner } from '../../src/train/step-runner.js'
import { initialWeights } from '../../src/train/weights.js'
import type { DeviceRun, WebgpuStep } from './webgpu-step.test.js'

type Written = Omit<DeviceRun, 'state'>

const [network, steps, folder] = process.argv.slice(2)
const BATCH = 4

const same = { padding: 'same', useBias: false } as const
const block: Layer = (x, scope) => {
  const inner = sequential([
    conv2d(16, 3, same),
    batchNormalization(),
    activation('relu'),
    conv2d(16, 3, same),
    batchNormalization(),
  ])
  return activation('relu')(add([x, inner(x, scope)]), scope)
}
const networks: Record<string, Layer> = {
  seed: cifarCnn(10),
  residual: sequential([
    conv2d(16, 3, same),
    batchNormalization(),
    activation('relu'),
    block,
    conv2d(32, 3, { ...same, strides: 2 }),
    batchNormalization(),
    activation('relu'),
    globalAveragePooling2d(),
    dense(10),
  ]),
}

/** Images with flat areas, as photographs have them: ties inside pooling windows and dead ReLUs must be met. */
function batch(): { images: Uint8Array; labels: Int32Array } {
  const images = new Uint8Array(BATCH * 3072)
  randomStream(11, 'images').fillBytes(images)
  for (let i = 0; i < BATCH; i++) images.fill(i * 31, i * 3072, i * 3072 + 600)
  return { images, labels: Int32Array.from({ length: BATCH }, (_, i) => i % 10) }
}

async function run(plan: StepPlan, model: Uint8Array, device: Device, steps: number): Promise<Written> {
  const session = await createSession(model, { device, threads: 2 })
  const runner = new StepRunner(session, plan, 3, initialWeights(plan.parameters, plan.statistics, 7))
  const first = await runner.step({ ...batch(), step: 0, rateFactor: 1 })
  const gradientNorms = Array.from(first.gradientNorms)
  const state = [...runner.read().values()].map(held => Buffer.from(bytesOf(held)))
  writeFileSync(join(folder!, `${device}.bin`), Buffer.concat(state))
  const losses = [first.loss]
  const start = performance.now()
  for (let step = 1; step <= steps; step++) losses.push((await runner.step({ ...batch(), step, rateFactor: 1 })).loss)
  const stepMs = (performance.now() - start) / Math.max(1, steps)
  await session.release()
  return { losses, gradientNorms, stepMs }
}

/** Any feeds of the right shapes: where a node runs does not depend on them. */
function feedsOf({ graph }: StepPlan): Record<string, Tensor> {
  return Object.fromEntries(
    graph.inputs.map(({ name, dtype, shape }) => [
      name,
      shape.length === 0 ? scalar(1) : tensor(dtype, shape as number[]),
    ]),
  )
}

async function measure(layer: Layer, laterSteps: number, mixed: boolean) {
  const plan = buildStep({
    layer,
    inputShape: [3, 32, 32],
    classes: 10,
    batchSize: BATCH,
    preprocess: unitRange,
    loss: categoricalCrossentropy(),
    optimizer: adam(),
    lossScaling: mixed ? LOSS_SCALING : undefined,
  })
  const model = encodeModel(
    narrowSplits(
      lowerFor(plan.graph, { device: 'webgpu', blockSize: 0, halfProducts: mixed ? outsideUpdate : undefined }),
    ),
  )
  const cpu = await run(plan, model, 'cpu', 0)
  const webgpu = await run(plan, model, 'webgpu', laterSteps)
  const { nodes } = await profileModel(model, feedsOf(plan), { device: 'webgpu', runs: 1, warmup: 0 })
  const nodesByProvider: Record<string, string[]> = {}
  for (const { provider, op } of nodes) {
    nodesByProvider[provider] ??= []
    nodesByProvider[provider].push(op)
  }
  const sizes = plan.state.placements.map(({ name, shape }): [string, number] => [name, sizeOf(shape)])
  return { trainable: [...plan.trainable], sizes, cpu, webgpu, nodesByProvider } satisfies Record<
    keyof WebgpuStep,
    unknown
  >
}

const [name, mixed] = network!.split('-')
const result = await measure(networks[name!]!, Number(steps), mixed !== undefined)
writeFileSync(join(folder!, 'result.json'), JSON.stringify(result))
process.exit(0)
