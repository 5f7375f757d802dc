import { didYouMean, UsageError } from '../core/errors.js'
import type { Layer } from './scope.js'

/**
 * The same network with other numbers of filters or units in some layers, by layer name: how a pruned network is said.
 * Everything after a narrower layer follows from shapes. A layer name that the network does not have is refused.
 */
export function withWidths(layer: Layer, widths: Readonly<Record<string, number>>): Layer {
  const given = new Map(Object.entries(widths))
  return (x, scope) => {
    const y = scope.withWidths(given, () => layer(x, scope))
    const unknown = [...given.keys()].find(name => !scope.widths.has(name))
    if (unknown === undefined) return y
    const known = [...scope.widths.keys()]
    const near = didYouMean(unknown, known)
    throw new UsageError({
      where: `widths.${unknown}`,
      expected: `a layer with filters or units (${known.slice(0, 6).join(', ')}${known.length > 6 ? ', ...' : ''})`,
      received: `'${unknown}'`,
      ...(near ? { fix: `did you mean '${near}'?` } : {}),
    })
  }
}
