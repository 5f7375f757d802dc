import { UsageError } from '../core/errors.js'

/** The 97.5 % quantile of the standard normal distribution: a two-sided interval at 95 %. */
const Z_95 = 1.959963984540054

/**
 * Wilson score interval of a share (Wilson, "Probable inference, the law of succession, and statistical inference",
 * JASA 22, 1927; preferred to the normal interval by Brown, Cai, DasGupta, "Interval estimation for a binomial
 * proportion", 2001): stays inside [0, 1] and is honest near both ends, where accuracies live.
 * @returns [low, high], containing successes / count
 * @throws UsageError where count is not positive or successes is not within [0, count]
 */
export function wilsonInterval(successes: number, count: number, z = Z_95): [number, number] {
  if (!(count > 0) || !(successes >= 0 && successes <= count))
    throw new UsageError({
      where: 'wilsonInterval',
      expected: 'a positive count and 0 <= successes <= count',
      received: `${successes} of ${count}`,
    })
  const share = successes / count
  const z2 = z * z
  const centre = share + z2 / (2 * count)
  const half = z * Math.sqrt((share * (1 - share)) / count + z2 / (4 * count * count))
  const scale = 1 + z2 / count
  // The exact bounds are 0 at no success and 1 at full success; rounding must not push the share outside.
  return [
    successes === 0 ? 0 : Math.min(share, (centre - half) / scale),
    successes === count ? 1 : Math.max(share, (centre + half) / scale),
  ]
}
