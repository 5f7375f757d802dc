import { FoveaError } from '../core/errors.js'
import type { OpDefinition } from './operator.js'

/** The operator set that Fovea's own files are written for, and the file format version that goes with it. */
export const defaultOpset = 20
export const defaultIrVersion = 9

/**
 * Operator sets that files are read from. Before 13 axes and many other parameters were attributes; after 26 no
 * operator table of ours has been compared with the standard.
 */
export const oldestOpset = 13
export const newestOpset = 26

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
