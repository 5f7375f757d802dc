import { type Tensor, tensor } from '../../core/tensor.js'
import { largestStep, type WeightFormat } from '../../ops/kinds/quantization.js'
import type { InputProducts } from './input-products.js'
import { formatFacts, type QuantizedWeights } from './parameters.js'

/** Rounds over all weights: most of what there is to gain is in the first. */
const SWEEPS = 4

/**
 * Weights rounded so that the outputs of a layer stay, not the weights themselves: for each filter w the integers q
 * that make (w - s·q)ᵀ H (w - s·q) small, H = Σ x xᵀ over the inputs x, by coordinate descent from the nearest integers
 * (QuantEase: Behdin et al. 2023, arXiv 2309.01885). Each step takes the best integer of one weight while the others
 * stay, so the error never grows. Inputs of a filter that go together (neighbouring pixels) let one weight make good
 * what another's rounding did. `axis` counts the filters; inputs that `products` says nothing of, the last ones, keep their
 * nearest integers.
 */
export function roundToOutputs(
  w: Tensor,
  axis: number,
  { q, scales }: QuantizedWeights,
  products: InputProducts,
  format: WeightFormat,
): QuantizedWeights {
  const { zeroPoint, dtype } = formatFacts[format]
  const [largest, filters, K] = [largestStep[format], w.shape[axis]!, products.length]
  const groups = products.sums.length / (K * K)
  const perGroup = filters / groups
  const held = w.data.length / filters
  // Of filter f and input i: rows of filters, or columns where the outputs are counted last.
  const at = axis === 0 ? (f: number, i: number) => f * held + i : (f: number, i: number) => i * filters + f
  const rounded = tensor(dtype, q.shape)
  rounded.data.set(q.data as never)
  const scaleOf = (f: number): number => scales[scales.length === 1 ? 0 : f]!
  for (let group = 0; group < groups; group++) {
    const H = trusted(products, group)
    const own = Array.from({ length: perGroup }, (_, f) => group * perGroup + f)
    const slopes = own.map(f => {
      const error = Float64Array.from(
        { length: K },
        (_, i) => (w.data[at(f, i)] as number) - scaleOf(f) * ((q.data[at(f, i)] as number) - zeroPoint),
      )
      return times(H, error)
    })
    for (let sweep = 0; sweep < SWEEPS; sweep++) {
      let moved = false
      for (let i = 0; i < K; i++) {
        const row = H.subarray(i * K, (i + 1) * K)
        if (!(row[i]! > 0)) continue
        own.forEach((f, place) => {
          const [slope, step, index] = [slopes[place]!, scaleOf(f), at(f, i)]
          const wanted = slope[i]! / (step * row[i]!)
          if (Math.abs(wanted) <= 0.5) return
          const before = (rounded.data[index] as number) - zeroPoint
          const after = Math.min(Math.max(before + Math.round(wanted), -largest), largest)
          if (after === before) return
          rounded.data[index] = after + zeroPoint
          const change = step * (after - before)
          for (let k = 0; k < K; k++) slope[k]! -= change * row[k]!
          moved = true
        })
      }
      if (!moved) break
    }
  }
  return { q: rounded, scales }
}

/**
 * H as far as so few vectors can be trusted: what they say of pairs shrinks as the vectors are fewer. Without it a layer
 * of thousands of inputs would be rounded to the images that it was measured on.
 */
function trusted({ sums, length: K, count }: InputProducts, group: number): Float32Array {
  const H = sums.slice(group * K * K, (group + 1) * K * K)
  const share = count / (count + K)
  for (let i = 0; i < K; i++) for (let j = 0; j < K; j++) if (i !== j) H[i * K + j]! *= share
  return H
}

function times(H: Float32Array, x: Float64Array): Float64Array {
  const y = new Float64Array(x.length)
  for (let i = 0; i < x.length; i++) {
    const [factor, start] = [x[i]!, i * x.length]
    if (factor !== 0) for (let k = 0; k < x.length; k++) y[k]! += factor * H[start + k]!
  }
  return y
}
