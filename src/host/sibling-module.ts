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
 * A flag that makes Node read TypeScript through tsx. Not plain `--import tsx`: in a worker thread of Node 20 that
 * counts on the main thread having loaded tsx, which it has not inside vitest. `register` works in every thread and
 * process. Found by `require.resolve`, because vitest has no `import.meta.resolve`; the package's require condition
 * would give the CommonJS build, which cannot register from here, hence the file by its name.
 */
function tsxFlag(): string[] {
  const manifest = pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json'))
  const api = new URL('./dist/esm/api/index.mjs', manifest).href
  const code = `import { register } from ${JSON.stringify(api)}; register()`
  return ['--import', `data:text/javascript,${encodeURIComponent(code)}`]
}

/**
 * A module beside the caller, ready to start as a worker thread or a child process: `siblingModule(import.meta.url,
 * './x-worker')`, without extension. The caller's own extension decides: `.js` in dist, `.ts` in a checkout, where the
 * module runs under tsx whoever loaded the caller (tsx itself or vitest).
 */
export function siblingModule(callerUrl: string, specifier: string): SiblingModule {
  const extension = extname(fileURLToPath(callerUrl))
  const url = new URL(`${specifier}${extension}`, callerUrl)
  return { url, path: fileURLToPath(url), execArgv: extension === '.ts' ? tsxFlag() : [] }
}
