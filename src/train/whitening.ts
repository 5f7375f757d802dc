import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import type { Preprocess } from '../classifier/preprocess.js'
import { type Tensor, tensor } from '../core/tensor.js'
import { type ImageSet, image } from '../data/image-set.js'

/** Enough patches for a covariance of 12 numbers; all images would only cost time. */
const SAMPLED_IMAGES = 5000

/** Added to the eigenvalues, so that directions without variance are not blown up (airbench94's value). */
const EPSILON = 5e-4

/**
 * A kernel [2·C·k·k, C, k, k] that whitens k x k patches of the pre-processed training images: the eigenvectors of
 * their second moments, each divided by the root of its eigenvalue, strongest first, then their negatives
 * (Jordan 2024, arXiv 2404.00498, after Page 2019).
 */
export function whiteningKernel(training: ImageSet, preprocess: Preprocess, k: number): Tensor {
  const [C] = training.shape
  const size = C * k * k
  const moments = patchMoments(training, preprocess, k)
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(moments, { assumeSymmetric: true })
  const strongestFirst = realEigenvalues.map((value, i) => ({ value, i })).sort((a, b) => b.value - a.value)
  const data = new Float32Array(2 * size * size)
  strongestFirst.forEach(({ value, i }, row) => {
    // The sign of an eigenvector is arbitrary; both are in the kernel, and a fixed choice keeps runs alike.
    const vector = eigenvectorMatrix.getColumn(i)
    const largest = vector.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a))
    const scale = Math.sign(largest) / Math.sqrt(value + EPSILON)
    vector.forEach((entry, j) => {
      data[row * size + j] = entry * scale
      data[(size + row) * size + j] = -entry * scale
    })
  })
  return tensor('float32', [2 * size, C, k, k], data)
}

/** Σ p p' / count over all k x k patches p (C·k·k numbers, channel by channel) of the first images. */
function patchMoments(training: ImageSet, { mean, standardDeviation }: Preprocess, k: number): Matrix {
  const [C, H, W] = training.shape
  const size = C * k * k
  const sums = new Float64Array(size * size)
  const patch = new Float64Array(size)
  const images = Math.min(SAMPLED_IMAGES, training.count)
  const per = (values: readonly number[], c: number): number => values[values.length === 1 ? 0 : c]!
  for (let n = 0; n < images; n++) {
    const pixels = image(training, n)
    for (let y = 0; y + k <= H; y++)
      for (let x = 0; x + k <= W; x++) {
        for (let j = 0; j < size; j++) {
          const c = Math.floor(j / (k * k))
          const at = (c * H + y + (Math.floor(j / k) % k)) * W + x + (j % k)
          patch[j] = (pixels[at]! / 255 - per(mean, c)) / per(standardDeviation, c)
        }
        for (let i = 0; i < size; i++) for (let j = i; j < size; j++) sums[i * size + j]! += patch[i]! * patch[j]!
      }
  }
  const count = images * (H - k + 1) * (W - k + 1)
  return Matrix.from1DArray(
    size,
    size,
    sums.map((_, flat) => {
      const [i, j] = [Math.floor(flat / size), flat % size]
      return sums[Math.min(i, j) * size + Math.max(i, j)]! / count
    }),
  )
}
