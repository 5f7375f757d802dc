/**
 * Everything random in Fovea comes from a named stream: the same (seed, epoch, sample index, purpose) gives the same
 * numbers in any thread, in any order, on any machine. Keys are derived with the counter-based Threefry-2x32-20 block
 * (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011); the bulk of a stream is sfc32, seeded by it.
 */
const rotate = (x: number, bits: number): number => (x << bits) | (x >>> (32 - bits))
const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const

/** One Threefry-2x32-20 block: 64 bits of `counter` under a 64-bit `key`. */
export function threefry(key: readonly [number, number], counter: readonly [number, number]): [number, number] {
  const schedule = [key[0], key[1], 0x1bd11bda ^ key[0] ^ key[1]] as const
  let x = (counter[0] + schedule[0]) | 0
  let y = (counter[1] + schedule[1]) | 0
  for (let round = 0; round < 20; round++) {
    x = (x + y) | 0
    y = rotate(y, ROTATIONS[round % 8]!) ^ x
    if (round % 4 === 3) {
      const s = (round + 1) / 4
      x = (x + schedule[s % 3]!) | 0
      y = (y + schedule[(s + 1) % 3]! + s) | 0
    }
  }
  return [x >>> 0, y >>> 0]
}

/** FNV-1a: a purpose's name as a word of the key. */
function hashName(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** A seekable-by-name, sequential-by-use stream of random numbers. */
export class RandomStream {
  private a: number
  private b: number
  private c: number
  private counter = 1
  constructor(seed: number, path: readonly (string | number)[]) {
    let key = threefry([seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0], [path.length, 0x666f7665])
    for (const part of path)
      key = threefry(key, typeof part === 'string' ? [hashName(part), 1] : [part >>> 0, Math.floor(part / 2 ** 32) ^ 2])
    const last = threefry(key, [0, 3])
    this.a = key[0] | 0
    this.b = key[1] | 0
    this.c = last[0] | 0
    for (let i = 0; i < 12; i++) this.word()
  }

  /** The next 32 bits, as an unsigned integer. */
  word(): number {
    const out = (this.a + this.b + this.counter) | 0
    this.counter = (this.counter + 1) | 0
    this.a = this.b ^ (this.b >>> 9)
    this.b = (this.c + (this.c << 3)) | 0
    this.c = (rotate(this.c, 21) + out) | 0
    return out >>> 0
  }

  /** Uniform in [low, high), 53 bits. */
  uniform(low = 0, high = 1): number {
    const unit = ((this.word() >>> 5) * 0x4000000 + (this.word() >>> 6)) / 0x20000000000000
    return low + unit * (high - low)
  }

  /** Uniform integer in [0, n), without modulo bias. */
  integer(n: number): number {
    const limit = Math.floor(2 ** 32 / n) * n
    for (;;) {
      const word = this.word()
      if (word < limit) return word % n
    }
  }

  /** True with probability p. */
  chance(p: number): boolean {
    return this.uniform() < p
  }

  /** Normal with mean 0 and deviation 1 (Box-Muller; the second value is dropped to keep the stream position simple). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform())
  }

  /** Fills whole bytes; `target` may be any length. */
  fillBytes(target: Uint8Array): void {
    const aligned = target.byteOffset % 4 === 0 ? target.length >>> 2 : 0
    const words = aligned ? new Uint32Array(target.buffer, target.byteOffset, aligned) : undefined
    // `word` spelled out on local variables, which stay in registers: dropout asks for a megabyte a step.
    let { a, b, c, counter } = this
    for (let i = 0; i < aligned; i++) {
      const out = (a + b + counter) | 0
      counter = (counter + 1) | 0
      a = b ^ (b >>> 9)
      b = (c + (c << 3)) | 0
      c = (rotate(c, 21) + out) | 0
      words![i] = out
    }
    this.a = a
    this.b = b
    this.c = c
    this.counter = counter
    for (let i = aligned * 4; i < target.length; i++) target[i] = this.word() & 255
  }

  /** A random order of 0 .. n-1 (Fisher-Yates). */
  permutation(n: number): Int32Array {
    const order = Int32Array.from({ length: n }, (_, i) => i)
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1)
      const kept = order[i]!
      order[i] = order[j]!
      order[j] = kept
    }
    return order
  }
}

/** The stream for one purpose: `randomStream(seed, 'augment', epoch, sampleIndex)`. */
export const randomStream = (seed: number, ...path: (string | number)[]): RandomStream => new RandomStream(seed, path)
