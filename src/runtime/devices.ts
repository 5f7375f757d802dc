import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { FoveaError } from '../core/errors.js'
import { deviceProbe } from './probe.js'
import type { Device } from './session.js'

export interface DeviceState {
  device: Device
  usable: boolean
  /** Why it is not usable, and what would make it so. */
  reason?: string
  fix?: string
}

const TRIAL_TIMEOUT_MS = 60_000

const fixes: Record<Device, string> = {
  cpu: 'reinstall onnxruntime-node',
  webgpu:
    'install a Vulkan driver for the graphics card (Debian: libvulkan1 and mesa-vulkan-drivers); without a card, the ' +
    'software driver of the package chromium serves for tests: VK_ICD_FILENAMES=/usr/lib/chromium/' +
    'vk_swiftshader_icd.json LD_LIBRARY_PATH=/usr/lib/chromium, both set before Node starts',
  cuda:
    'on Linux x64 with an NVIDIA driver, CUDA 12 and cuDNN 9: run `node node_modules/onnxruntime-node/script/install.js` ' +
    'to fetch the CUDA libraries',
}

let known: Promise<DeviceState[]> | undefined

/** Which devices compute correctly here. Tried, not guessed; once per process. */
export function listDevices(): Promise<DeviceState[]> {
  return (known ??= Promise.all([stateOf('cpu'), stateOf('webgpu'), stateOf('cuda')]))
}

export async function deviceState(device: Device): Promise<DeviceState> {
  return (await listDevices()).find(state => state.device === device)!
}

/** The refusal of a device that is not there: says what is. */
export async function unavailable(device: Device): Promise<FoveaError> {
  const states = await listDevices()
  const { reason = 'not usable', fix } = states.find(state => state.device === device)!
  return new FoveaError({
    where: `device ${device}`,
    expected: `a usable device (here: ${states
      .filter(state => state.usable)
      .map(state => state.device)
      .join(', ')})`,
    received: reason,
    ...(fix ? { fix } : {}),
  })
}

async function stateOf(device: Device): Promise<DeviceState> {
  const reason = missingLibrary(device) ?? (await trial(device))
  return reason === undefined ? { device, usable: true } : { device, usable: false, reason, fix: fixes[device] }
}

const require = createRequire(import.meta.url)

/** CUDA is fetched by the package's install script, which this project never runs by itself. */
function missingLibrary(device: Device): string | undefined {
  if (device !== 'cuda') return undefined
  const { platform, arch } = process
  const library = platform === 'win32' ? 'onnxruntime_providers_cuda.dll' : 'libonnxruntime_providers_cuda.so'
  const home = dirname(require.resolve('onnxruntime-node/package.json'))
  const installed = existsSync(join(home, 'bin', 'napi-v6', platform, arch, library))
  return installed ? undefined : `${library} is not installed`
}

/** Run as CommonJS by `node -e`: prints the computed numbers, or the runtime's refusal, as JSON. */
const SCRIPT = `
const [path, device, model, numbers] = process.argv.slice(1)
const ort = require(path)
const options = { executionProviders: [device], logSeverityLevel: 4, extra: { session: { disable_cpu_ep_fallback: '1' } } }
if (device === 'cpu') delete options.extra
ort.InferenceSession.create(Buffer.from(model, 'base64'), options)
  .then(session => session.run({ x: new ort.Tensor('float32', Float32Array.from(JSON.parse(numbers)), [2, 2]) }))
  .then(({ y }) => console.log(JSON.stringify({ values: Array.from(y.data) })),
    error => console.log(JSON.stringify({ error: error.message })))
`

/**
 * Computes a known product on the device, in a process of its own: drivers write to the terminal, keep memory and may
 * end the process that tries them. Gives the reason where the device does not do it.
 */
function trial(device: Device): Promise<string | undefined> {
  const { model, x, expected } = deviceProbe()
  const values = JSON.stringify(Array.from(x.data as Float32Array))
  const path = require.resolve('onnxruntime-node')
  const parameters = ['-e', SCRIPT, path, device, Buffer.from(model).toString('base64'), values]
  return new Promise(resolve => {
    execFile(process.execPath, parameters, { timeout: TRIAL_TIMEOUT_MS }, (failure, stdout) => {
      const answer = stdout.split('\n').find(line => line.startsWith('{'))
      if (!answer) return resolve(`the driver ended the process (${failure?.signal ?? failure?.code ?? 'no answer'})`)
      const { values: computed, error } = JSON.parse(answer) as { values?: number[]; error?: string }
      if (error !== undefined) return resolve(shortReason(error))
      resolve(String(computed) === String(expected) ? undefined : `wrong numbers: ${computed} for ${expected}`)
    })
  })
}

/** The runtime puts its source path and a C++ signature before the reason. */
const shortReason = (message: string): string =>
  message
    .trim()
    .replace(/^\/.* was false\. /s, '')
    .split('\n')[0]!
