import { randomStream } from '../../core/random.js'
import { type ImageSet, imageSet, sharedBytes } from '../../data/image-set.js'

/** Noise with one brighter channel, which is the class: learned in a few steps, by a network that learns at all. */
export function colouredImages(count: number, seed = 1, size = 8): ImageSet {
  const images = sharedBytes(count * 3 * size * size)
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 3)
  randomStream(seed, 'coloured').fillBytes(images)
  const area = size * size
  for (let i = 0; i < count; i++)
    for (let c = 0; c < 3; c++)
      for (let p = 0; p < area; p++) {
        const at = (3 * i + c) * area + p
        images[at] = c === labels[i] ? 120 + images[at]! / 2 : images[at]! / 2
      }
  return imageSet({ name: 'coloured', classNames: ['red', 'green', 'blue'], shape: [3, size, size], images, labels })
}
