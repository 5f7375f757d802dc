import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

/** What `webgpu-step-child.ts` finds. */
export interface WebgpuStep {
  /** Trainable parameters, in the order of the gradient norms. */
  trainable: string[]
  /** Names and sizes of what the state holds, in the order of the files. */
  sizes: [string, number][]
  cpu: DeviceRun
  webgpu: DeviceRun
  /** Operators of the step by where they ran. */
  nodesByProvider: Record<string, string[]>
}

export interface DeviceRun {
  /** Of each step. */
  losses: number[]
  /** Of the first step. */
  gradientNorms: number[]
  /** Parameters, slots and running statistics after the first step. */
  state: Record<string, Float32Array>
  /** Mean of the later steps. */
  stepMs: number
}

/** Where Debian's package chromium puts a software driver for Vulkan, with a loader beside it. */
const DEBIAN_DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json'
const driver = [process.env.VK_ICD_FILENAMES?.split(delimiter)[0], DEBIAN_DRIVER].find(path => path && existsSync(path))
if (!driver)
  console.log('skipped, webgpu: no Vulkan driver (Debian: apt-get install chromium, or set VK_ICD_FILENAMES)')

if (driver && driver !== DEBIAN_DRIVER)
  console.log('skipped, the error of a webgpu device without float16: only the software driver is known to have none')

const TOLERANCE = 1e-3

function compute(network: string, laterSteps: number, icd: string): WebgpuStep {
  const script = join(import.meta.dirname, 'webgpu-step-child.ts')
  const folder = mkdtempSync(join(tmpdir(), 'fovea-webgpu-'))
  try {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', script, network, String(laterSteps), folder],
      {
        cwd: join(import.meta.dirname, '../..'),
        encoding: 'utf8',
        env: {
          ...process.env,
          VK_ICD_FILENAMES: icd,
          LD_LIBRARY_PATH: [dirname(icd), process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter),
        },
      },
    )
    if (status !== 0) throw new Error(`no result:\n${stderr}`)
    const result = JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8')) as WebgpuStep
    for (const device of ['cpu', 'webgpu'] as const)
      result[device].state = readState(join(folder, `${device}.bin`), result.sizes)
    return result
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function readState(file: string, sizes: readonly [string, number][]): Record<string, Float32Array> {
  const bytes = readFileSync(file)
  let at = 0
  return Object.fromEntries(
    sizes.map(([name, size]) => {
      const data = new Float32Array(bytes.buffer.slice(bytes.byteOffset + at, bytes.byteOffset + at + 4 * size))
      at += 4 * size
      return [name, data]
    }),
  )
}

/** |a - b| / |b| in the Euclidean norm. */
function relative(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, norm] = [0, 0]
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2
    norm += b[i]! ** 2
  }
  return difference === 0 ? 0 : Math.sqrt(difference / norm)
}

/** The largest distance between two runs' first steps, and where it is. */
function farthest(a: DeviceRun, b: DeviceRun): { where: string; distance: number } {
  const distances: [string, number][] = [
    ['loss', relative(a.losses.slice(0, 1), b.losses.slice(0, 1))],
    ...b.gradientNorms.map((norm, i): [string, number] => [
      `gradient norm ${i}`,
      relative([a.gradientNorms[i]!], [norm]),
    ]),
    ...Object.entries(b.state).map(([name, data]): [string, number] => [name, relative(a.state[name]!, data)]),
  ]
  const [where, distance] = distances.reduce((worst, next) => (next[1] > worst[1] ? next : worst))
  return { where, distance }
}

const tally = (ops: readonly string[] = []): string =>
  [...new Set(ops)].map(op => `${op} ${ops.filter(other => other === op).length}`).join(', ')

describe.skipIf(!driver)('a training step on webgpu', () => {
  it.each<[string, number]>([
    ['seed', 20],
    ['residual', 0],
  ])('%s: the numbers of the CPU, and a loss that falls over %i further steps', (network, laterSteps) => {
    const { trainable, cpu, webgpu, nodesByProvider } = compute(network, laterSteps, driver!)
    expect(cpu.gradientNorms.length).toBe(trainable.length)
    expect(Math.min(...cpu.gradientNorms)).toBeGreaterThan(0)
    const { where, distance } = farthest(webgpu, cpu)
    expect(distance, where).toBeLessThan(TOLERANCE)
    const first = webgpu.losses[0]!
    const last = webgpu.losses.slice(-5).reduce((sum, loss, _, all) => sum + loss / all.length, 0)
    if (laterSteps) expect(last).toBeLessThan(0.8 * first)
    expect(nodesByProvider.WebGpuExecutionProvider?.length).toBeGreaterThan(50)
    console.log(
      `${network}: largest relative difference ${distance.toExponential(1)} (${where}); loss ${first.toFixed(3)} to ` +
        `${last.toFixed(3)} in ${webgpu.losses.length - 1} steps of ${Math.round(webgpu.stepMs)} ms; ` +
        `${nodesByProvider.WebGpuExecutionProvider?.length} nodes on the device, ` +
        `on the CPU: ${tally(nodesByProvider.CPUExecutionProvider)}`,
    )
    // Planted errors: a gradient norm, and one tensor of the next state, off by two thousandths must not pass.
    const wrongNorm = { ...webgpu, gradientNorms: webgpu.gradientNorms.map((v, i) => (i === 1 ? v * 1.002 : v)) }
    expect(farthest(wrongNorm, cpu).distance).toBeGreaterThan(TOLERANCE)
    const wrongState = {
      ...webgpu,
      state: { ...webgpu.state, [trainable[0]!]: webgpu.state[trainable[0]!]!.map(v => v * 1.002) },
    }
    expect(farthest(wrongState, cpu).distance).toBeGreaterThan(TOLERANCE)
  })

  it.skipIf(driver !== DEBIAN_DRIVER)('in mixed precision needs float16, and a device without it says so', () => {
    expect(() => compute('seed-mixed', 0, driver!)).toThrow(
      /expected a device that computes in float16.*Fix: .*mixedPrecision=null/s,
    )
  })
})
