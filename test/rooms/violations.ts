import { basename, dirname, posix } from 'node:path'
import { browserFiles, browserRooms, drawers, rooms, SIZE_BUDGET_BYTES } from './rooms.js'

export interface SourceFile {
  /** Path below src/, with forward slashes. */
  path: string
  text: string
}

const isTest = (path: string): boolean => path.endsWith('.test.ts') || path.includes('/testing/')
const roomOf = (path: string): string => path.split('/')[0]!

interface Import {
  specifier: string
  /** `import type`: gone at run time, but still a dependency between rooms. */
  typeOnly: boolean
}

/** Every module that a file names, static or dynamic. */
export function importsOf(text: string): Import[] {
  const statement = /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\s+from\s+)?'([^']+)'/g
  const dynamic = /\bimport\(\s*'([^']+)'\s*\)/g
  return [
    ...[...text.matchAll(statement)].map(m => ({ specifier: m[2]!, typeOnly: m[1] !== undefined })),
    ...[...text.matchAll(dynamic)].map(m => ({ specifier: m[1]!, typeOnly: false })),
  ]
}

/** What is wrong with a file, one sentence each. */
export function violations({ path, text }: SourceFile): string[] {
  const found: string[] = []
  const room = roomOf(path)
  const inRoot = !path.includes('/')
  if (!inRoot && !rooms[room]) found.push(`${path}: '${room}' is not a room`)
  const browser = (browserRooms as readonly string[]).includes(room) || browserFiles.includes(path)
  if (!isTest(path) && !inRoot)
    for (const { specifier, typeOnly } of importsOf(text)) {
      if (specifier.startsWith('.')) {
        const target = posix.normalize(posix.join(dirname(path), specifier))
        const to = roomOf(target)
        if (to !== room && !rooms[room]?.includes(to))
          found.push(`${path}: ${room} may not import ${to} (${specifier})`)
      } else {
        if (/^onnxruntime-/.test(specifier) && room !== 'runtime')
          found.push(`${path}: only runtime imports ${specifier}`)
        if (browser && specifier.startsWith('node:') && !typeOnly)
          found.push(`${path}: runs in browsers too, and imports ${specifier}`)
      }
    }
  const names = [...path.split('/').slice(0, -1), basename(path).replace(/\.(test\.)?ts$/, '')]
  for (const name of names) if (drawers.includes(name)) found.push(`${path}: '${name}' is a drawer, not a name`)
  if (!/^[a-z0-9-]+(\.test|\.cases)?\.ts$/.test(basename(path))) found.push(`${path}: file names are kebab-case`)
  if (Buffer.byteLength(text) > SIZE_BUDGET_BYTES && !isTest(path))
    found.push(`${path}: ${Buffer.byteLength(text)} bytes is over the budget of ${SIZE_BUDGET_BYTES}`)
  if (isTest(path) && /\b(?:describe|it|test)\.only\(/.test(text))
    found.push(`${path}: a focused test hides the others`)
  return found
}
