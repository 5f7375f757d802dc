import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { cacheDirectory } from './cache-directory.js'
import { formatBytes } from './format-bytes.js'

it('takes --data-dir, then an absolute XDG_CACHE_HOME, then the home directory', () => {
  const home = resolve('/home/ada')
  const xdgCacheHome = resolve('/var/cache')
  expect(cacheDirectory({ home })).toBe(resolve('/home/ada/.cache/fovea'))
  expect(cacheDirectory({ home, xdgCacheHome })).toBe(resolve('/var/cache/fovea'))
  expect(cacheDirectory({ home, xdgCacheHome: 'relative' })).toBe(resolve('/home/ada/.cache/fovea'))
  expect(cacheDirectory({ home, xdgCacheHome, dataDir: 'data' })).toBe(resolve('data'))
})

it('says sizes in decimal units', () => {
  expect([0, 999, 1000, 9949, 162_000_000, 2e12].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '9.9 kB',
    '162 MB',
    '2.0 TB',
  ])
})
