import { createRequire } from 'node:module'
import { extname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export interface SiblingModule {
  /** For `new Worker(url, { execArgv })`. */
  url: URL
  /** For `fork(path, { execArgv })` and `spawn(process.execPath, [...execArgv, path])`. */
  path: string
  /** Node flags that the module needs: none for compiled JavaScript, the tsx loader for TypeScript. */
  execArgv: string[]
}

/**
 * A module beside the caller, ready to start as a worker thread or a child process: `siblingModule(import.meta.url,
 * './x-worker')`, without extension. The caller's own extension decides: `.js` in dist, `.ts` in a checkout, where the
 * module runs under tsx whoever loaded the caller (tsx itself or vitest).
 *
 * tsx is found by `require.resolve`, not `import.meta.resolve`: the latter does not exist inside vitest.
 */
export function siblingModule(callerUrl: string, specifier: string): SiblingModule {
  const extension = extname(fileURLToPath(callerUrl))
  const url = new URL(`${specifier}${extension}`, callerUrl)
  const execArgv =
    extension === '.ts' ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href] : []
  return { url, path: fileURLToPath(url), execArgv }
}
