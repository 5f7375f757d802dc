import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { OpDefinition } from '../../../src/onnx/operator.js'
import { operators } from '../../../src/ops/index.js'
import { allCases } from './tables.js'

const folder = new URL('../../../src/ops/', import.meta.url)
const files = readdirSync(folder).filter(
  file => file.endsWith('.ts') && !['index.ts', 'evaluate-graph.ts'].includes(file),
)

const isDefinition = (value: unknown): value is OpDefinition =>
  typeof value === 'object' && value !== null && 'infer' in value && 'vjp' in value

/** PRelu -> p-relu, ReduceL2 -> reduce-l2. */
const kebab = (name: string): string =>
  name.replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '-').toLowerCase()

describe('the table of operators', () => {
  it.each(files)('%s defines one operator, of its name, listed in index.ts', async file => {
    const exported = (await import(new URL(file.replace(/\.ts$/, '.js'), folder).href)) as Record<string, unknown>
    const definitions = Object.values(exported).filter(isDefinition)
    expect(definitions.map(op => `${kebab(op.name)}.ts`)).toEqual([file])
    expect(operators).toContain(definitions[0])
  })

  it('has one line per file, in alphabetical order', () => {
    const names = operators.map(op => op.name)
    expect(names.length).toBe(files.length)
    expect(names).toEqual([...names].sort((a, b) => a.toLowerCase().localeCompare(b.toLowerCase(), 'en')))
  })

  it('has a case for every operator, and no two of one title', () => {
    const untested = operators.filter(op => !allCases.some(c => c.op === op))
    expect(untested.map(op => op.name)).toEqual([])
    const titles = allCases.map(c => `${c.op.name}: ${c.title}`)
    expect(titles.filter((title, i) => titles.indexOf(title) !== i)).toEqual([])
  })

  it('is explained by an example that is a real file', () => {
    const guide = readFileSync(new URL('../../../docs/adding-an-operator.md', import.meta.url), 'utf8')
    expect(guide).toContain(readFileSync(new URL('exp.ts', folder), 'utf8'))
  })
})
