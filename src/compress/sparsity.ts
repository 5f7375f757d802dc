import { gzipSync } from 'node:zlib'
import { type Tensor, toNumbers } from '../core/tensor.js'

export interface LayerSparsity {
  weight: string
  count: number
  zeros: number
}

/** How many weights of each kernel are 0. */
export const sparsityOf = (kernels: ReadonlyMap<string, Tensor>): LayerSparsity[] =>
  [...kernels].map(([weight, held]) => {
    const values = toNumbers(held)
    return { weight, count: values.length, zeros: values.filter(value => value === 0).length }
  })

/** Bytes of a file as it is and after gzip at its default level: what zeros are worth on the way to a phone. */
export const fileSizes = (file: Uint8Array): { sizeBytes: number; gzipBytes: number } => ({
  sizeBytes: file.length,
  gzipBytes: gzipSync(file).length,
})
