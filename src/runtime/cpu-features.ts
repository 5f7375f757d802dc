import { createSession } from './node.js'
import { blockOf, blockProbe } from './probe.js'

let known: Promise<number> | undefined

/**
 * Channels per block of the blocked convolutions (`com.microsoft.nchwc`) on this CPU: 8 with AVX, 16 with AVX-512, 0
 * where they do not exist (Arm, browsers). Measured, not looked up: it is a matter of the runtime's build as well. Once
 * per process.
 */
export function blockSize(): Promise<number> {
  return (known ??= measure())
}

async function measure(): Promise<number> {
  const { model, x } = blockProbe()
  try {
    const session = await createSession(model, { threads: 1, optimization: 'disabled' })
    try {
      return blockOf((await session.run({ x })).y!.data as Float32Array)
    } finally {
      await session.release()
    }
  } catch {
    // No kernel for ReorderInput: that is the answer, not a failure.
    return 0
  }
}
