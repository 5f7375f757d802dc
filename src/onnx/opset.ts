import { FoveaError } from '../core/errors.js'
import type { OpDefinition } from './operator.js'

/** The operator set that Fovea's own files are written for. */
export const defaultOpset = 20

/**
 * Operator sets that files are read from. Before 13 axes and many other parameters were attributes; after 26 no
 * operator table of ours has been compared with the standard.
 */
export const oldestOpset = 13
export const newestOpset = 26

/** Version of the file format that came with each operator set from 13 on (table of releases in ONNX' Versioning.md). */
const irVersions = [7, 7, 8, 8, 8, 8, 9, 9, 10, 10, 11, 12, 13, 13] as const

/** The file format version that goes with an operator set: an older reader may know neither or both. */
export const irVersionOf = (opset: number): number => irVersions[opset - oldestOpset]!

/** 'ai.onnx' is the long name of the standard domain. */
export const domainOf = (domain: string | undefined): string =>
  domain === undefined || domain === 'ai.onnx' ? '' : domain

export const operatorKey = (domain: string | undefined, name: string): string => `${domainOf(domain)}:${name}`

/** Version of each operator domain that a graph's file imports. */
export function opsetImports(ops: Iterable<OpDefinition>, opset: number): Map<string, number> {
  const domains = new Set<string>()
  for (const op of ops) domains.add(op.domain)
  domains.delete('')
  return new Map([['', opset], ...[...domains].sort().map(domain => [domain, 1] as const)])
}

export function checkOpset(version: number, where: string): number {
  if (version >= oldestOpset && version <= newestOpset) return version
  throw new FoveaError({
    where,
    expected: `operator set ${oldestOpset} to ${newestOpset}`,
    received: String(version),
    fix: 'convert the file with the version converter of the onnx package',
  })
}
