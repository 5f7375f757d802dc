import type { RandomStream } from '../../core/random.js'
import type { RandomErasing } from './schema.js'

const ATTEMPTS = 100

/**
 * Zhong et al. 2017 (arXiv 1708.04896), algorithm 1, in place on the image at `pixels[at]`: with some probability a
 * rectangle of random area, aspect and place is filled with noise or one grey level. The paper tries until a rectangle
 * fits; here, up to 100 times.
 */
export function eraseRandomly(
  { probability, area, aspect, value }: RandomErasing,
  pixels: Uint8Array,
  at: number,
  [channels, height, width]: readonly [number, number, number],
  stream: RandomStream,
): void {
  if (!stream.chance(probability)) return
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const size = height * width * stream.uniform(area[0], area[1])
    const ratio = stream.uniform(aspect[0], aspect[1])
    const h = Math.round(Math.sqrt(size * ratio))
    const w = Math.round(Math.sqrt(size / ratio))
    if (h < 1 || w < 1 || h >= height || w >= width) continue
    const top = stream.integer(height - h + 1)
    const left = stream.integer(width - w + 1)
    for (let c = 0; c < channels; c++)
      for (let row = top; row < top + h; row++) {
        const start = at + (c * height + row) * width + left
        if (value === 'random') for (let i = 0; i < w; i++) pixels[start + i] = stream.integer(256)
        else pixels.fill(value, start, start + w)
      }
    return
  }
}
