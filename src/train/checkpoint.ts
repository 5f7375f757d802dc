import { createHash } from 'node:crypto'
import { access, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { FoveaError, messageOf } from '../core/errors.js'
import { bytesOf } from '../core/tensor.js'
import { writeFileAtomic, writeJsonAtomic } from '../host/index.js'
import { decodeSafetensors, encodeSafetensors } from './safetensors.js'
import type { WeightMap } from './weights.js'

/**
 * A checkpoint is two files: NAME.safetensors holds the tensors, NAME.json says what they are and names the SHA-256 of
 * the first. The pair is replaced in an order that leaves a loadable pair at every moment, whenever the process dies:
 *
 *   1. NAME.safetensors -> NAME.previous.safetensors   (NAME.json still names it)
 *   2. the new NAME.safetensors is written              (NAME.json still names the previous one)
 *   3. the new NAME.json is written                     (it names the new one)
 *   4. NAME.previous.safetensors is removed
 */
const format = 'fovea-checkpoint'
const version = 1

interface Header {
  format: typeof format
  version: number
  safetensorsSha256: string
  facts: unknown
}

const sha256 = (pieces: readonly Uint8Array[]): string => {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}

const pathsOf = (directory: string, name: string) => ({
  json: join(directory, `${name}.json`),
  tensors: join(directory, `${name}.safetensors`),
  previous: join(directory, `${name}.previous.safetensors`),
})

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** Replaces checkpoint `name` of a directory. `facts` is plain JSON. */
export async function writeCheckpoint(
  directory: string,
  name: string,
  tensors: WeightMap,
  facts: unknown,
): Promise<void> {
  const paths = pathsOf(directory, name)
  const pieces = encodeSafetensors(tensors, { format: 'fovea' })
  if (await exists(paths.tensors)) await rename(paths.tensors, paths.previous)
  await writeFileAtomic(paths.tensors, pieces)
  await writeJsonAtomic(paths.json, { format, version, safetensorsSha256: sha256(pieces), facts } satisfies Header)
  await rm(paths.previous, { force: true })
}

/**
 * The checkpoint, or undefined where none was ever completed. After a kill between the steps of a replacement the
 * pair that fits is found and put back in place.
 */
export async function readCheckpoint(
  directory: string,
  name: string,
): Promise<{ tensors: WeightMap; facts: unknown } | undefined> {
  const paths = pathsOf(directory, name)
  if (!(await exists(paths.json))) return undefined
  const header = await readHeader(paths.json)
  for (const path of [paths.tensors, paths.previous]) {
    const bytes = await readFile(path).catch(() => undefined)
    if (!bytes || sha256([bytes]) !== header.safetensorsSha256) continue
    if (path === paths.previous) await rename(paths.previous, paths.tensors)
    return { tensors: decodeSafetensors(bytes, path).tensors, facts: header.facts }
  }
  throw new FoveaError({
    where: `checkpoint ${paths.tensors}`,
    expected: `the file with SHA-256 ${header.safetensorsSha256.slice(0, 16)}… that ${name}.json names`,
    received: 'another content, or no file',
    fix: 'restore both files from a copy, or start a new run',
  })
}

async function readHeader(path: string): Promise<Header> {
  const refuse = (received: string): never => {
    throw new FoveaError({
      where: `checkpoint ${path}`,
      expected: `a ${format} of version ${version}`,
      received,
      fix: 'restore the file from a copy, or start a new run',
    })
  }
  let header: Partial<Header> | null = null
  try {
    header = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    refuse(messageOf(error))
  }
  if (header?.format !== format) refuse('another kind of file')
  if (header?.version !== version) refuse(`version ${header?.version}`)
  if (typeof header?.safetensorsSha256 !== 'string') refuse('no SHA-256')
  return header as Header
}

/**
 * One hash for what a network has learned: SHA-256 over name, shape and bytes of every parameter and statistic, in the
 * order of their names. Optimizer slots are not part of it.
 */
export function weightsSha256(weights: WeightMap): string {
  const hash = createHash('sha256')
  for (const [name, held] of [...weights].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (name.startsWith('optimizer/')) continue
    hash.update(`${name}\n${held.dtype}[${held.shape.join(',')}]\n`)
    hash.update(bytesOf(held))
  }
  return hash.digest('hex')
}
