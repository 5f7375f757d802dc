import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createProgram } from '../../../src/cli/program.js'
import { faults } from '../../../src/evaluate/faults/index.js'
import { recipeNames } from '../../../src/train/recipes/index.js'

const program = createProgram({ environment: {}, cacheHome: undefined, plain: true, setExitCode: () => undefined })

const root = join(import.meta.dirname, '../../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const texts = { 'README.md': read('README.md'), 'README.zh-CN.md': read('README.zh-CN.md') }

const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(match => match[1]!)

/** The commands shown in shell blocks. */
const commands = (text: string): string[] => blocks(text, 'sh').flatMap(block => block.trim().split('\n'))

describe.each(Object.entries(texts))('%s', (_, text) => {
  it('shows the example as it is', () => {
    const example = read('examples/cifar10.ts')
    expect(blocks(text, 'ts')).toHaveLength(1)
    expect(example).toContain(blocks(text, 'ts')[0])
  })

  it('shows commands, flags and recipes that exist', () => {
    const lines = commands(text).filter(line => line.startsWith('npx fovea '))
    expect(lines.length).toBeGreaterThan(7)
    for (const line of lines) expect(unknownParts(line), line).toEqual([])
    expect(unknownParts('npx fovea train cifar10 --recipee baseline')).toEqual(['--recipee'])
    expect(unknownParts('npx fovea trian cifar10')).toEqual(['trian'])
    for (const name of recipeNames) expect(text).toContain(`\`${name}\``)
  })

  it('lists every command with all its flags', () => {
    const rows = [...text.matchAll(/^\| `([a-z -]+)` \|.*\|(.*)\|$/gm)].map(([, verb, flags]) => [
      verb,
      [...flags!.matchAll(/`(--[a-z-]+)`/g)].map(match => match[1]),
    ])
    const listed = Object.fromEntries(rows.filter(([verb]) => leaves().some(leaf => leaf.verb === verb)))
    expect(listed).toEqual(Object.fromEntries(leaves().map(({ verb, flags }) => [verb, flags])))
  })

  it('points at files that are there', () => {
    const links = [...text.matchAll(/(?:\]\(|src=")([^)#"]+)/g)].map(match => match[1]!)
    expect(links.length).toBeGreaterThan(5)
    for (const link of links) expect(existsSync(join(root, link)), link).toBe(true)
  })
})

describe.each(readdirSync(join(root, 'docs/guide')))('docs/guide/%s', name => {
  it('shows commands and flags that exist', () => {
    const lines = commands(read(`docs/guide/${name}`)).filter(line => line.startsWith('npx fovea '))
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) expect(unknownParts(line), line).toEqual([])
  })
})

it('docs/guide/diagnosis.md has every fault, in the order of the table', () => {
  const named = [...read('docs/guide/diagnosis.md').matchAll(/^\| `([a-z-]+)` \|/gm)].map(match => match[1])
  expect(named).toEqual(faults.map(({ id }) => id))
})

interface CommandNode {
  name(): string
  commands: readonly CommandNode[]
  options: readonly { long?: string }[]
}

/** Commands that do something, as they are typed, with their flags in the order of their help. */
function leaves(
  node: CommandNode = program as unknown as CommandNode,
  path: readonly string[] = [],
): { verb: string; flags: (string | undefined)[] }[] {
  return node.commands.flatMap(child => {
    const typed = [...path, child.name()]
    if (child.commands.length > 0) return leaves(child, typed)
    return [{ verb: typed.join(' '), flags: child.options.map(({ long }) => long) }]
  })
}

/** Verbs and flags of a command line that the program does not know. */
function unknownParts(line: string): string[] {
  const words = line.split(' ').slice(2)
  let command: CommandNode = program as unknown as CommandNode
  const unknown: string[] = []
  while (command.commands.length > 0 && words.length > 0) {
    const word = words.shift()!
    const next = command.commands.find(candidate => candidate.name() === word)
    if (!next) return [word]
    command = next
  }
  for (const word of words)
    if (word.startsWith('--') && !command.options.some(option => option.long === word)) unknown.push(word)
  return unknown
}

describe('the two languages', () => {
  it('show the same commands and have as many headings and tables', () => {
    const [english, chinese] = Object.values(texts) as [string, string]
    expect(commands(chinese)).toEqual(commands(english))
    const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0
    for (const pattern of [/^## /gm, /^\|/gm, /^```/gm]) expect(count(chinese, pattern)).toBe(count(english, pattern))
    const figures = (text: string): string[] =>
      [...text.matchAll(/[\d,]*\d\.?\d* %|\b\d[\d,]{2,}\b/g)].map(m => m[0]).sort()
    expect(figures(chinese)).toEqual(figures(english))
  })
})
