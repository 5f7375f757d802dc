/** A process that holds one classifier and times it; started by measure-latency.ts, never imported. */
import { loadClassifier } from '../../classifier/load.js'
import { messageOf } from '../../core/errors.js'
import { randomStream } from '../../core/random.js'
import { sizeOf } from '../../core/shape.js'
import { tensor } from '../../core/tensor.js'
import { createSession } from '../../runtime/node.js'
import type { Session } from '../../runtime/session.js'
import type { FromLatency, ToLatency } from './latency-messages.js'

let opened: { session: Session; inputShape: readonly number[] } | undefined

process.on('disconnect', () => process.exit(0))
process.on('message', async (message: ToLatency) => {
  const answer = await work(message).catch((error): FromLatency => ({ type: 'failed', message: messageOf(error) }))
  process.send!(answer)
})

async function work(message: ToLatency): Promise<FromLatency> {
  if (message.type === 'open') {
    const { model, inputShape } = await loadClassifier(message.path)
    opened = { session: await createSession(model, { threads: message.threads }), inputShape }
    return { type: 'opened' }
  }
  const { session, inputShape } = opened!
  const shape = [message.batchSize, ...inputShape]
  const bytes = new Uint8Array(sizeOf(shape))
  randomStream(0, 'latency').fillBytes(bytes)
  const images = tensor('uint8', shape, bytes)
  // Once for nothing: the first run of a size claims memory.
  await session.run({ images })
  const durationsMs: number[] = []
  for (let i = 0; i < message.runs; i++) {
    const began = performance.now()
    await session.run({ images })
    durationsMs.push(performance.now() - began)
  }
  return { type: 'timed', durationsMs, peakRssBytes: process.resourceUsage().maxRSS * 1024 }
}
