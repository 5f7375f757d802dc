import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

/** Where Debian's package chromium puts a software driver for Vulkan, with a loader beside it. */
const DEBIAN_DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json'

const driver = [process.env.VK_ICD_FILENAMES?.split(delimiter)[0], DEBIAN_DRIVER].find(path => path && existsSync(path))
if (!driver)
  console.log('skipped, webgpu: no Vulkan driver (Debian: apt-get install chromium, or set VK_ICD_FILENAMES)')

const source = (path: string): string => new URL(path, import.meta.url).href

/** The loader of Vulkan reads its environment when a process starts: the test computes in one of its own. */
const script = `
import { randomStream } from '${source('../core/random.ts')}'
import { tensor } from '${source('../core/tensor.ts')}'
import { Graph } from '${source('../onnx/ir.ts')}'
import { encodeModel } from '${source('../onnx/protobuf/encode.ts')}'
import { Conv } from '${source('../ops/conv.ts')}'
import { MaxPool } from '${source('../ops/max-pool.ts')}'
import { relu } from '${source('../ops/relu.ts')}'
import { reshape } from '${source('../ops/reshape.ts')}'
import { matMul } from '${source('../ops/mat-mul.ts')}'
import { createSession } from '${source('./node.ts')}'
import { listDevices } from '${source('./devices.ts')}'

const random = (...shape) => {
  const stream = randomStream(5, 'webgpu', ...shape)
  return tensor('float32', shape, Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => stream.normal()))
}
const graph = new Graph('webgpu')
const x = graph.input('x', 'float32', [2, 3, 16, 16])
const h = relu(graph.add(Conv, [x, graph.initializer('w', random(8, 3, 3, 3))], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }))
const pooled = graph.add(MaxPool, [h], { kernel_shape: [2, 2], strides: [2, 2] })
graph.output(matMul(reshape(pooled, [2, 512]), graph.initializer('d', random(512, 10))), 'y')
const model = encodeModel(graph)
const feeds = { x: random(2, 3, 16, 16) }
const result = { states: await listDevices(), values: {}, fetched: [] }
for (const device of ['cpu', 'webgpu']) {
  // 'refuse': every node ran on the device, or there would be no session.
  const session = await createSession(model, { device, cpuNodes: 'refuse' })
  result.values[device] = Array.from((await session.run(feeds)).y.data)
  const y = tensor('float32', [2, 10])
  await session.run(feeds, { y })
  result.fetched.push(Array.from(y.data).join() === result.values[device].join())
  await session.release()
}
console.log('RESULT' + JSON.stringify(result))
process.exit(0)
`

interface Result {
  states: { device: string; usable: boolean }[]
  values: Record<'cpu' | 'webgpu', number[]>
  fetched: boolean[]
}

function compute(icd: string): Result {
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    encoding: 'utf8',
    env: {
      ...process.env,
      VK_ICD_FILENAMES: icd,
      LD_LIBRARY_PATH: [dirname(icd), process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter),
    },
  })
  const line = stdout.split('\n').find(text => text.startsWith('RESULT'))
  if (!line) throw new Error(`no result:\n${stdout}\n${stderr}`)
  return JSON.parse(line.slice('RESULT'.length)) as Result
}

describe.skipIf(!driver)('webgpu', () => {
  it('gives the numbers of the CPU, on the device, in place', () => {
    const { states, values, fetched } = compute(driver!)
    expect(states.find(state => state.device === 'webgpu')).toEqual({ device: 'webgpu', usable: true })
    const largest = Math.max(...values.cpu.map(Math.abs))
    expect(largest).toBeGreaterThan(1)
    values.cpu.forEach((value, i) => {
      expect(Math.abs(value - values.webgpu[i]!) / largest).toBeLessThan(1e-5)
    })
    expect(fetched).toEqual([true, true])
  })
})
