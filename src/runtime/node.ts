import './no-telemetry.js'
import * as ort from 'onnxruntime-node'
import { FoveaError, messageOf, UsageError } from '../core/errors.js'
import { formatShape } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { deviceState, unavailable } from './devices.js'
import { dtypeOfRuntime, tensorWrapper, unwrap } from './ort-tensor.js'
import type { Device, Port, Session, SessionOptions, Tensors } from './session.js'

/** Version of ONNX Runtime. */
export const runtimeVersion: string = ort.env.versions.node ?? ort.env.versions.common

const devices: readonly Device[] = ['cpu', 'webgpu', 'cuda']
const ERRORS_ONLY = 3
const NO_HALF = 'compute in float32: --set mixedPrecision=null to train, a file exported as fp32 to predict'
const wrap = tensorWrapper(ort.Tensor)
/**
 * They move a transposition behind the next reshape, where the same numbers can take seven times as long (measured: 64
 * images of 64 x 8 x 8, 1.18 ms instead of 0.17).
 */
const TRANSPOSE_OPTIMIZERS = 'TransposeOptimizer;TransposeOptimizer_CPUExecutionProvider'
const WORTH_COLLECTING_BYTES = 2 ** 20

/**
 * The binding copies what it fetched for a result that nobody keeps. Left alone, V8 collects those copies now and then:
 * with 13 MB a step, as the walk-through's network has, four sets of them came to lie there and memory grew by 50 MB
 * from the first epoch to the second. A look at the youngest objects after each run keeps one, at times two, and costs
 * no time (medians of 72 ms a step with it, 75 without). A process started without --expose-gc does without.
 */
const collectCopies = (): void => {
  globalThis.gc?.({ type: 'minor' })
}

/** Compiles the ONNX file `model` for a device. Foreign files go through `scanModel` first. */
export async function createSession(model: Uint8Array, options: SessionOptions = {}): Promise<Session> {
  const { device = 'cpu' } = options
  if (!devices.includes(device))
    throw new UsageError({ where: 'device', expected: devices.join(', '), received: `'${device}'` })
  // The provider for CUDA writes to the terminal when its library is missing: ask before trying.
  if (device === 'cuda' && !(await deviceState(device)).usable) throw await unavailable(device)
  try {
    const session = await ort.InferenceSession.create(model, runtimeOptions(device, options))
    return new NodeSession(device, session, options.profile !== undefined)
  } catch (cause) {
    if (device !== 'cpu' && !(await deviceState(device)).usable) throw await unavailable(device)
    throw new FoveaError(
      { where: `session on ${device}`, expected: 'a graph that ONNX Runtime accepts', received: messageOf(cause) },
      { cause },
    )
  }
}

function runtimeOptions(device: Device, options: SessionOptions): ort.InferenceSession.SessionOptions {
  const { threads, optimization = 'all', moveTransposes = true, cpuNodes = 'allow', keepMemory = true } = options
  const { profile, optimizedModel } = options
  return {
    executionProviders: [device],
    graphOptimizationLevel: optimization,
    enableCpuMemArena: keepMemory,
    enableMemPattern: keepMemory,
    logSeverityLevel: ERRORS_ONLY,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    ...(optimizedModel === undefined ? {} : { optimizedModelFilePath: optimizedModel }),
    ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
    extra: {
      session: {
        // Without this a file whose bytes 4 to 7 read 'ORTM' would be parsed as the runtime's other format.
        load_model_format: 'ONNX',
        ...(device !== 'cpu' && cpuNodes === 'refuse' ? { disable_cpu_ep_fallback: '1' } : {}),
      },
      ...(moveTransposes ? {} : { optimization: { disable_specified_optimizers: TRANSPOSE_OPTIMIZERS } }),
    },
  }
}

class NodeSession implements Session {
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  private readonly outputsByName: ReadonlyMap<string, Port>
  constructor(
    readonly device: Device,
    private readonly session: ort.InferenceSession,
    private readonly profiled: boolean,
  ) {
    this.inputs = session.inputMetadata.map(port)
    this.outputs = session.outputMetadata.map(port)
    this.outputsByName = new Map(this.outputs.map(output => [output.name, output]))
  }

  async run(feeds: Tensors, fetches?: Tensors): Promise<Record<string, Tensor>> {
    const wrapped: Record<string, ort.Tensor> = {}
    for (const input of this.inputs) wrapped[input.name] = wrap(checkPort('feed', input, feeds[input.name]))
    if (!fetches) {
      const results = await this.compute(wrapped)
      return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, unwrap(value, name)]))
    }
    const targets: Record<string, ort.Tensor> = {}
    let copiedBytes = 0
    for (const [name, target] of Object.entries(fetches)) {
      const output = this.outputsByName.get(name)
      if (!output)
        throw new FoveaError({
          where: 'fetches',
          expected: [...this.outputsByName.keys()].join(', '),
          received: `'${name}'`,
        })
      targets[name] = wrap(checkPort('fetch', output, target))
      copiedBytes += target.data.byteLength
    }
    // What an await has just been given counts as used: the copies must be out of its hands before they are looked at.
    await this.compute(wrapped, targets).then(() => undefined)
    if (copiedBytes >= WORTH_COLLECTING_BYTES) collectCopies()
    return { ...fetches }
  }

  private async compute(feeds: ort.InferenceSession.FeedsType, fetches?: ort.InferenceSession.FetchesType) {
    try {
      return await (fetches ? this.session.run(feeds, fetches) : this.session.run(feeds))
    } catch (cause) {
      const received = messageOf(cause)
      const where = `session on ${this.device}`
      throw new FoveaError(
        /requires f16/.test(received)
          ? { where, expected: 'a device that computes in float16', received, fix: NO_HALF }
          : { where, expected: 'a run without errors', received },
        { cause },
      )
    }
  }

  release(): Promise<void> {
    if (this.profiled) this.session.endProfiling()
    return this.session.release()
  }
}

function port(value: ort.InferenceSession.ValueMetadata): Port {
  if (value.isTensor) return { name: value.name, dtype: dtypeOfRuntime(value.type, value.name), shape: value.shape }
  throw new FoveaError({ where: `value '${value.name}'`, expected: 'a tensor', received: 'another kind of value' })
}

/** The runtime's own message for a wrong tensor names neither the type nor the shape that came. */
function checkPort(role: 'feed' | 'fetch', { name, dtype, shape }: Port, given: Tensor | undefined): Tensor {
  const fits =
    given?.dtype === dtype &&
    given.shape.length === shape.length &&
    shape.every((dim, i) => typeof dim === 'string' || dim === given.shape[i])
  if (fits) return given
  throw new FoveaError({
    where: `${role} '${name}'`,
    expected: `${dtype} ${formatShape(shape)}`,
    received: given ? `${given.dtype} ${formatShape(given.shape)}` : 'nothing',
  })
}
