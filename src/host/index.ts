/**
 * host: what Node gives and every room above needs in the same form: files that are never half written, the cache
 * directory, free disk space, one-at-a-time locks, and starting a sibling module as a worker thread or a child process.
 *
 * Imports core only. Knows nothing of images, graphs or training, and never reads the environment: what comes from
 * there (XDG_CACHE_HOME, --data-dir) is read once in cli/main and handed in as an option.
 */
export { explainWriteFailure, writeFileAtomic, writeJsonAtomic } from './atomic-file.js'
export { type CacheOptions, cacheDirectory } from './cache-directory.js'
export { freeBytes, requireSpace } from './disk-space.js'
export { formatBytes } from './format-bytes.js'
export { withLock } from './lock.js'
export { type MachineFacts, machineFacts } from './machine.js'
export { type SiblingModule, siblingModule } from './sibling-module.js'
