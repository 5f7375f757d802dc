import { didYouMean, FoveaError, UsageError } from '../core/errors.js'
import type { RandomStream } from '../core/random.js'
import { formatShape, type Shape, sizeOf } from '../core/shape.js'

/** First values of a parameter. Kernels are [K, C, kh, kw] (convolution) or [in, out] (dense). */
export type Initializer = (shape: Shape, stream: RandomStream) => Float32Array

/** Inputs and outputs that one unit sees; a convolution multiplies by its window. A vector counts as both, as in Keras. */
export function fans(shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length < 2) return { fanIn: sizeOf(shape), fanOut: sizeOf(shape) }
  if (shape.length === 2) return { fanIn: shape[0]!, fanOut: shape[1]! }
  const window = sizeOf(shape.slice(2))
  return { fanIn: shape[1]! * window, fanOut: shape[0]! * window }
}

const fill = (shape: Shape, next: () => number): Float32Array => Float32Array.from({ length: sizeOf(shape) }, next)

export const constant =
  (value: number): Initializer =>
  shape =>
    fill(shape, () => value)
export const zeros = constant(0)
export const ones = constant(1)

export const uniform =
  (limit: number): Initializer =>
  (shape, stream) =>
    fill(shape, () => stream.uniform(-limit, limit))

export const normal =
  (deviation: number): Initializer =>
  (shape, stream) =>
    fill(shape, () => deviation * stream.normal())

/** Deviation of a standard normal distribution cut off at ±2. */
const CUT_DEVIATION = 0.8796256610342398

/** Normal, drawn again beyond two deviations, then widened so that the deviation is `deviation` again (Keras' form). */
export const truncatedNormal =
  (deviation: number): Initializer =>
  (shape, stream) =>
    fill(shape, () => {
      for (;;) {
        const drawn = stream.normal()
        if (Math.abs(drawn) < 2) return (drawn * deviation) / CUT_DEVIATION
      }
    })

/** Glorot & Bengio 2010: U(±√(6 / (fanIn + fanOut))); Keras' default. */
export const glorotUniform: Initializer = (shape, stream) => {
  const { fanIn, fanOut } = fans(shape)
  return uniform(Math.sqrt(6 / (fanIn + fanOut)))(shape, stream)
}

/** Glorot & Bengio 2010: N(0, 2 / (fanIn + fanOut)), truncated. */
export const glorotNormal: Initializer = (shape, stream) => {
  const { fanIn, fanOut } = fans(shape)
  return truncatedNormal(Math.sqrt(2 / (fanIn + fanOut)))(shape, stream)
}

/** He et al. 2015: U(±√(6 / fanIn)). */
export const heUniform: Initializer = (shape, stream) => uniform(Math.sqrt(6 / fans(shape).fanIn))(shape, stream)

/** He et al. 2015: N(0, 2 / fanIn), truncated. */
export const heNormal: Initializer = (shape, stream) => truncatedNormal(Math.sqrt(2 / fans(shape).fanIn))(shape, stream)

/** He et al. 2015, backward form: N(0, 2 / fanOut), not truncated: what PyTorch's residual networks begin with. */
export const heNormalFanOut: Initializer = (shape, stream) => normal(Math.sqrt(2 / fans(shape).fanOut))(shape, stream)

/** LeCun et al. 1998: U(±√(3 / fanIn)). */
export const lecunUniform: Initializer = (shape, stream) => uniform(Math.sqrt(3 / fans(shape).fanIn))(shape, stream)

/** LeCun et al. 1998: N(0, 1 / fanIn), truncated. */
export const lecunNormal: Initializer = (shape, stream) =>
  truncatedNormal(Math.sqrt(1 / fans(shape).fanIn))(shape, stream)

/**
 * As `base`, then the first min(K, C) filters of a convolution made the identity (Zagoruyko & Komodakis 2017). The one
 * sits where padding 'same' puts the pixel itself: in the middle, or left and above of it in an even window.
 */
export const dirac =
  (base: Initializer): Initializer =>
  (shape, stream) => {
    if (shape.length !== 4)
      throw new FoveaError({ where: 'dirac', expected: 'a kernel [K, C, kh, kw]', received: formatShape(shape) })
    const data = base(shape, stream)
    const [K, C, kh, kw] = shape as [number, number, number, number]
    const window = kh * kw
    const centre = ((kh - 1) >> 1) * kw + ((kw - 1) >> 1)
    for (let k = 0; k < Math.min(K, C); k++) {
      data.fill(0, k * C * window, (k + 1) * C * window)
      data[(k * C + k) * window + centre] = 1
    }
    return data
  }

/** Initialisers by the names that Keras uses. */
export const initializers = {
  zeros,
  ones,
  glorotUniform,
  glorotNormal,
  heUniform,
  heNormal,
  lecunUniform,
  lecunNormal,
} satisfies Record<string, Initializer>
export type InitializerName = keyof typeof initializers

export function initializerOf(given: Initializer | InitializerName): Initializer {
  if (typeof given === 'function') return given
  const known: Initializer | undefined = initializers[given]
  if (known) return known
  const near = didYouMean(given, Object.keys(initializers))
  throw new UsageError({
    where: 'initializer',
    expected: `one of ${Object.keys(initializers).join(', ')}`,
    received: `'${given}'`,
    ...(near ? { fix: `did you mean '${near}'?` } : {}),
  })
}
