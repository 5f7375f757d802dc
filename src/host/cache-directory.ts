import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'

export interface CacheOptions {
  /** Where data sets and decoded images are kept (`--data-dir`); wins over everything else. */
  dataDir?: string | undefined
  /** Value of XDG_CACHE_HOME, read by cli/main. A relative one is ignored, as the XDG specification demands. */
  xdgCacheHome?: string | undefined
  /** The user's home directory; by default what the system says. */
  home?: string | undefined
}

/** The absolute path of the cache: `dataDir`, else `$XDG_CACHE_HOME/fovea`, else `~/.cache/fovea`. Creates nothing. */
export function cacheDirectory({ dataDir, xdgCacheHome, home }: CacheOptions = {}): string {
  if (dataDir) return resolve(dataDir)
  if (xdgCacheHome && isAbsolute(xdgCacheHome)) return join(xdgCacheHome, 'fovea')
  return join(home ?? homedir(), '.cache', 'fovea')
}
