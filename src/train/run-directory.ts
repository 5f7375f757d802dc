import { appendFileSync, closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync, truncateSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises'
import { dirname, isAbsolute, join, normalize, sep } from 'node:path'
import { FoveaError, messageOf, UsageError } from '../core/errors.js'
import { writeJsonAtomic } from '../host/index.js'
import type { RunFiles } from './callbacks/callback.js'
import type { RunEvent } from './events.js'
import { parseRecipe, type Recipe } from './recipe.js'

/** Where each part of a run lies. */
export const runPaths = (directory: string) => ({
  recipe: join(directory, 'recipe.json'),
  events: join(directory, 'events.jsonl'),
  checkpoints: join(directory, 'checkpoints'),
  model: join(directory, 'model.onnx'),
  result: join(directory, 'result.json'),
  evaluation: join(directory, 'evaluation.json'),
  report: join(directory, 'report.html'),
  lock: join(directory, '.lock'),
})

const twoDigits = (n: number): string => String(n).padStart(2, '0')

/** runs/<recipe>-<yyyymmdd-hhmmss>, local time. */
export function defaultRunDirectory(recipeName: string, now: Date): string {
  const date = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map(twoDigits).join('')
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(twoDigits).join('')
  return join('runs', `${recipeName}-${date}-${time}`)
}

/** Makes a new run of a recipe. A directory that holds anything is left alone. */
export async function createRunDirectory(directory: string, recipe: Recipe): Promise<void> {
  const held = await readdir(directory).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return []
    throw new UsageError({ where: `run directory ${directory}`, expected: 'a directory', received: messageOf(error) })
  })
  if (held.length)
    throw new UsageError({
      where: `run directory ${directory}`,
      expected: 'a new or empty directory',
      received: `${held.length} files (${held.slice(0, 3).join(', ')}${held.length > 3 ? ', ...' : ''})`,
      fix: held.includes('recipe.json') ? `--resume ${directory}, or another --out` : 'another --out',
    })
  await mkdir(directory, { recursive: true })
  await writeJsonAtomic(runPaths(directory).recipe, recipe)
}

/** Takes a run away that ended before its first record: there is nothing in it to look at or to go on from. */
export async function removeUnbegun(directory: string): Promise<void> {
  const { events, recipe } = runPaths(directory)
  if (existsSync(events)) return
  await rm(recipe, { force: true })
  // Fails where something else is in it, which is then left alone.
  await rmdir(directory).catch(() => undefined)
}

export async function readRecipeOf(directory: string): Promise<Recipe> {
  const { recipe: path } = runPaths(directory)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new UsageError(
      {
        where: `run ${directory}`,
        expected: 'a directory that fovea train made, with a recipe.json',
        received: (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : messageOf(error),
        fix: 'give the directory that fovea train printed',
      },
      { cause: error },
    )
  }
  return parseRecipeText(text, path)
}

/** A recipe from the text of a JSON file. */
export function parseRecipeText(text: string, path: string): Recipe {
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch (error) {
    throw new UsageError({ where: path, expected: 'JSON', received: messageOf(error) }, { cause: error })
  }
  return parseRecipe(data, path)
}

/** Appends to events.jsonl. A line that a kill tore is closed first, so that it cannot swallow the next one. */
export function openEvents(directory: string): (event: RunEvent) => void {
  const { events } = runPaths(directory)
  if (existsSync(events) && !endsWithNewline(events)) appendFileSync(events, '\n')
  return event => appendFileSync(events, `${JSON.stringify(event)}\n`)
}

function endsWithNewline(path: string): boolean {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const last = Buffer.alloc(1)
    return size === 0 || (readSync(file, last, 0, 1, size - 1) === 1 && last[0] === 0x0a)
  } finally {
    closeSync(file)
  }
}

/** Files that callbacks write, held inside the run: a recipe may come from someone else. */
export function openRunFiles(directory: string): RunFiles {
  const pathOf = (name: string): string => {
    const plain = normalize(name)
    if (isAbsolute(plain) || plain === '..' || plain.startsWith(`..${sep}`))
      throw new FoveaError({
        where: 'callback file',
        expected: 'a path inside the run directory',
        received: `'${name}'`,
        fix: 'name a file without .. and without a leading slash',
      })
    return join(directory, plain)
  }
  return {
    append(name, content) {
      const path = pathOf(name)
      mkdirSync(dirname(path), { recursive: true })
      appendFileSync(path, content)
    },
    truncate(name, sizeBytes) {
      const path = pathOf(name)
      if (existsSync(path)) truncateSync(path, sizeBytes)
    },
  }
}
