import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sizeOf } from '../../src/core/shape.js'
import { runScript } from './run-script.js'

/** Where a Python script finds an array in data.bin. */
export interface Held {
  shape: readonly number[]
  offset: number
}

/** Arrays on their way to a Python script, as one file of float32. */
export class Parcel {
  private readonly chunks: Float32Array[] = []
  private length = 0

  put(shape: readonly number[], data: Float32Array): Held {
    this.chunks.push(data)
    this.length += data.length
    return { shape, offset: this.length - data.length }
  }

  /** Runs `script FOLDER` with manifest.json and data.bin there; gives the arrays of its result.bin (float64), one by one. */
  send(interpreter: string, script: string, manifest: unknown): { next(): Answer; left(): number } {
    const folder = mkdtempSync(join(tmpdir(), 'fovea-oracle-'))
    try {
      writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest))
      const bytes = this.chunks.map(chunk => Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
      writeFileSync(join(folder, 'data.bin'), Buffer.concat(bytes))
      const { shapes } = JSON.parse(runScript(interpreter, script, [folder])) as { shapes: number[][] }
      const result = readFileSync(join(folder, 'result.bin'))
      const numbers = new Float64Array(result.buffer.slice(result.byteOffset, result.byteOffset + result.length))
      let [index, at] = [0, 0]
      return {
        next: () => {
          const shape = shapes[index++]!
          return { shape, data: numbers.subarray(at, (at += sizeOf(shape))) }
        },
        left: () => shapes.length - index,
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
}

export interface Answer {
  shape: readonly number[]
  data: Float64Array
}

/** The largest difference, in parts of the largest number that was expected. */
export function farthest(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  if (ours.length !== theirs.length) return Number.POSITIVE_INFINITY
  let [difference, largest] = [0, 0]
  for (let i = 0; i < theirs.length; i++) {
    const here = Math.abs(ours[i]! - theirs[i]!)
    if (Number.isNaN(here)) return Number.POSITIVE_INFINITY
    difference = Math.max(difference, here)
    largest = Math.max(largest, Math.abs(theirs[i]!))
  }
  return difference === 0 ? 0 : difference / largest
}
