import { messageOf } from '../../src/core/errors.js'
import { pullCifar10 } from '../../src/data/datasets/cifar10.js'

const PATIENCE_MS = 600_000

/**
 * Why CIFAR-10 cannot be had here; nothing where it is in the cache, fetched if need be. Tests of real data ask for it
 * while they are collected, and skip with the reason.
 */
export async function cifar10Missing(): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<string>(resolve => {
    timer = setTimeout(() => resolve(`CIFAR-10 did not come within ${PATIENCE_MS / 1000} s`), PATIENCE_MS)
  })
  const pulled = pullCifar10({ xdgCacheHome: process.env.XDG_CACHE_HOME }).then(
    () => undefined,
    error => `no CIFAR-10: ${messageOf(error)}`,
  )
  try {
    return await Promise.race([pulled, tooLong])
  } finally {
    clearTimeout(timer)
  }
}
