import { UsageError } from '../core/errors.js'

type Data = Record<string, unknown>

/**
 * Applies `path.to.field=value` settings to recipe data, one after the other, and gives new data; the caller parses it.
 * The value is JSON where it reads as JSON and a plain word otherwise. List entries are numbers (`callbacks.0.patience=5`).
 * Setting `type` to another kind drops the fields of the old kind, so that `optimizer.type=sgd` stands alone.
 */
export function applySettings(data: unknown, settings: readonly string[]): unknown {
  const result = structuredClone(data) as Data
  for (const setting of settings) applySetting(result, setting)
  return result
}

function applySetting(root: Data, setting: string): void {
  const split = setting.indexOf('=')
  const path = setting.slice(0, split).split('.')
  if (split < 1 || path.some(part => part === ''))
    throw new UsageError({ where: '--set', expected: 'path.to.field=value', received: `'${setting}'` })
  const value = readValue(setting.slice(split + 1))
  const last = path.pop()!
  let place: unknown = root
  path.forEach((part, i) => {
    const held = member(place, part)
    if (typeof held !== 'object' || held === null)
      throw new UsageError({
        where: `--set ${setting}`,
        expected: `a field with fields at '${path.slice(0, i + 1).join('.')}'`,
        received: held === undefined ? 'nothing there' : JSON.stringify(held),
      })
    place = held
  })
  const target = place as Data
  if (last === 'type' && target.type !== value) for (const key of Object.keys(target)) delete target[key]
  // Never assigned through a setter: '__proto__' is a field name like any other, and an unknown one.
  Object.defineProperty(target, last, { value, enumerable: true, configurable: true, writable: true })
}

const member = (place: unknown, part: string): unknown =>
  Object.hasOwn(place as Data, part) ? (place as Data)[part] : undefined

function readValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
