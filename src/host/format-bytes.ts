const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** A size for people: decimal units, as disks are sold and as `df -H` prints them. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`
}
