import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** Versions of what a result depends on. */
export function versions(): Record<string, string> {
  const own = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
  const runtime = require('onnxruntime-node/package.json') as { version: string }
  return { fovea: own.version, node: process.versions.node, onnxruntime: runtime.version }
}
