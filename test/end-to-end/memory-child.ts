/**
 * The walk-through's network on noise for some short epochs; prints the memory of the process after each as JSON.
 * `leak` keeps copies of the weights every epoch, as a callback that forgets to let go would.
 * Usage: memory-child.ts none|leak EPOCHS
 */
import { randomStream } from '../../src/core/random.js'
import { imageSet, sharedBytes, split } from '../../src/data/image-set.js'
import { cifarCnn } from '../../src/nn/models/cifar-cnn.js'
import type { Callback } from '../../src/train/callbacks/callback.js'
import { fit as train } from '../../src/train/fit-network.js'

const [mode, epochs] = process.argv.slice(2)
const BATCH = 8
const STEPS = 60
const VALIDATION = 250
/** Of 4.5 MB. The allocator has room for some of them before the process grows. */
const COPIES = 3

const count = BATCH * STEPS + VALIDATION
const images = sharedBytes(count * 3072)
randomStream(1, 'memory').fillBytes(images)
const labels = Uint8Array.from({ length: count }, (_, i) => i % 10)
const classNames = Array.from({ length: 10 }, (_, c) => `class ${c}`)
const noise = imageSet({ name: 'noise', classNames, shape: [3, 32, 32], images, labels })
const [training, validation] = split(noise, [BATCH * STEPS, VALIDATION], { seed: 1 })
const kept: unknown[] = []
const leak: Callback = {
  name: 'leak',
  epochEnd(_, control) {
    for (let copy = 0; copy < COPIES; copy++) kept.push(structuredClone(control.weights()))
  },
}
const { history } = await train(cifarCnn(10), training!, {
  validation: validation!,
  batchSize: BATCH,
  epochs: Number(epochs),
  threads: 1,
  callbacks: mode === 'leak' ? [leak] : [],
})
console.log(JSON.stringify(history.map(epoch => epoch.rssBytes)))
process.exit(kept.length < 0 ? 1 : 0)
