/**
 * Bits of the float16 (IEEE 754 binary16) nearest to a number, ties to the even one; beyond 65504 infinity, as the
 * standard rounds. From float64 in one step: by way of float32 some numbers would be rounded twice.
 */
export function float16Bits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const magnitude = Math.abs(value)
  if (Number.isNaN(value)) return 0x7e00
  if (magnitude >= 65520) return sign | 0x7c00
  // Below 2^-14 the spacing is that of the subnormal numbers, 2^-24.
  const exponent = Math.max(Math.floor(Math.log2(magnitude || 2 ** -24)), -14)
  // log2 may be off by one beside a power of two: the carry below then fixes a mantissa of 2, and this one below 1.
  const fitted = magnitude < 2 ** exponent && exponent > -14 ? exponent - 1 : exponent
  const steps = roundToEven(magnitude / 2 ** (fitted - 10))
  return fitted === -14 ? sign | steps : sign | (((fitted + 15) << 10) + steps - 1024)
}

function roundToEven(x: number): number {
  const below = Math.floor(x)
  const rest = x - below
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1
  return below % 2 === 0 ? below : below + 1
}

/** The number that float16 bits stand for. */
export function float16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const mantissa = bits & 1023
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25))
}

/** Numbers as float16 bits. */
export const toFloat16 = (values: ArrayLike<number>): Uint16Array => Uint16Array.from(values, float16Bits)
