/** Numbers as people read them; the same on every machine, so never by the locale of the process. */

export const percent = (share: number, decimals = 1): string =>
  Number.isFinite(share) ? `${(100 * share).toFixed(decimals)} %` : 'n/a'

/** 1116970 -> '1,116,970' */
export const count = (value: number): string =>
  Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',')

/** 1116970 -> '1.12 M' */
export function short(value: number): string {
  for (const [size, unit] of [
    [1e9, ' G'],
    [1e6, ' M'],
    [1e3, ' k'],
  ] as const)
    if (value >= size) return `${Number((value / size).toPrecision(3))}${unit}`
  return String(Number(value.toPrecision(3)))
}

export const decimal = (value: number, decimals = 3): string =>
  Number.isFinite(value) ? value.toFixed(decimals) : 'n/a'

/** 3725 -> '1 h 2 min' */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 120) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes} min`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** '2026-11-24T08:00:00.000Z' -> '2026-11-24 08:00 UTC'; anything else stays as it is. */
export const moment = (iso: string): string =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d.*Z$/.test(iso) ? `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC` : iso

export const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`
