import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rooms } from './rooms.js'
import { importsOf, type SourceFile, violations } from './violations.js'

const root = join(import.meta.dirname, '../../src')

const files: SourceFile[] = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.ts') && statSync(join(root, name)).isFile())
  .map(name => ({
    path: relative(root, join(root, name)).replaceAll('\\', '/'),
    text: readFileSync(join(root, name), 'utf8'),
  }))

describe('the house', () => {
  it('has its files in their rooms, importing downwards only', () => {
    expect(files.length).toBeGreaterThan(50)
    expect(files.flatMap(violations)).toEqual([])
  })

  it('lists rooms that exist and have no cycles', () => {
    for (const room of Object.keys(rooms))
      expect(
        files.some(({ path }) => path.startsWith(`${room}/`)),
        room,
      ).toBe(true)
    const seen: string[] = []
    for (const [room, below] of Object.entries(rooms)) {
      for (const other of below) expect(seen, `${room} imports ${other}, which comes later`).toContain(other)
      seen.push(room)
    }
  })

  it.each([
    ['ops/x.ts', "import { y } from '../nn/y.js'", 'ops may not import nn'],
    ['nn/x.ts', "import ort from 'onnxruntime-node'", 'only runtime imports'],
    ['core/x.ts', "import { readFileSync } from 'node:fs'", 'runs in browsers too'],
    ['data/helpers.ts', '', 'is a drawer'],
    ['shed/x.ts', '', 'is not a room'],
    ['ops/x.ts', `// ${'x'.repeat(13_000)}`, 'over the budget'],
    ['ops/MyOp.ts', '', 'kebab-case'],
    ['ops/x.test.ts', "it.only('a', () => {})", 'focused test'],
  ])('catches a planted error in %s', (path, text, message) => {
    expect(violations({ path, text }).join()).toContain(message)
  })

  it('reads every form of import', () => {
    const text =
      "import a from 'a'\nimport type { B } from 'b'\nexport * from 'c'\nconst d = await import('d')\nimport {\n  e,\n} from 'e'"
    expect(
      importsOf(text)
        .map(({ specifier }) => specifier)
        .sort(),
    ).toEqual(['a', 'b', 'c', 'd', 'e'])
  })
})
