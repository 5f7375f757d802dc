import { z } from 'zod'
import { didYouMean, UsageError } from '../core/errors.js'

/** Parses with a strict schema; the first complaint becomes an error that names the field and what was meant. */
export function parseStrictly<Schema extends z.ZodType>(
  schema: Schema,
  data: unknown,
  where: string,
): z.output<Schema> {
  const parsed = schema.safeParse(data)
  if (parsed.success) return parsed.data
  throw complaintAbout(parsed.error.issues[0]!, schema, data, where)
}

type Issue = z.core.$ZodIssue
const pathText = (path: readonly PropertyKey[]): string => path.map(String).join('.')
const at = (data: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], data)
const shown = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

function complaintAbout(issue: Issue, schema: z.ZodType, data: unknown, where: string): UsageError {
  const field = pathText(issue.path)
  const place = field ? `${where}: ${field}` : where
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!
    const known = fieldsAt(schema, data, issue.path)
    return new UsageError({
      where: `${where}: ${pathText([...issue.path, key])}`,
      expected: known.length ? `one of the fields ${known.join(', ')}` : 'a known field',
      received: `'${key}'`,
      ...meant(key, known),
    })
  }
  const received = at(data, issue.path)
  const choices = choicesOf(issue, schema, data)
  if (choices)
    return new UsageError({
      where: place,
      expected: `one of ${choices.join(', ')}`,
      received: shown(received),
      ...(typeof received === 'string' ? meant(received, choices) : {}),
    })
  return new UsageError({ where: place, expected: expectationOf(issue), received: shown(received) })
}

function meant(word: string, known: readonly string[]): { fix?: string } {
  const near = didYouMean(word, known)
  return near ? { fix: `did you mean '${near}'?` } : {}
}

/** zod's English as the rest of a sentence that begins with 'expected'. */
function expectationOf(issue: Issue): string {
  if (issue.code === 'invalid_union' && issue.errors.length) {
    return issue.errors
      .map(branch => (branch[0] ? expectationOf(branch[0]) : ''))
      .filter(Boolean)
      .join(', or ')
  }
  if (issue.code === 'invalid_value') return issue.values.map(String).join(' or ')
  return issue.message
    .replace(/^Invalid input: expected /, '')
    .replace(/, received .*$/, '')
    .replace(/^Too (small|big): expected \w+ to (be|have) /, 'a value ')
}

/** The words that a field with a fixed vocabulary takes. */
function choicesOf(issue: Issue, schema: z.ZodType, data: unknown): string[] | undefined {
  if (issue.code === 'invalid_value' && issue.values.length > 1) return issue.values.map(String)
  if (issue.code !== 'invalid_union' || issue.errors.length) return undefined
  const union = schemaAt(schema, data, issue.path.slice(0, -1)).find(s => s instanceof z.ZodDiscriminatedUnion)
  return union ? [...discriminatorsOf(union).keys()] : undefined
}

const fieldsAt = (schema: z.ZodType, data: unknown, path: readonly PropertyKey[]): string[] =>
  schemaAt(schema, data, path).flatMap(s => (s instanceof z.ZodObject ? Object.keys(s.shape) : []))

function discriminatorsOf(union: z.ZodDiscriminatedUnion): Map<string, z.ZodObject> {
  const key = union.def.discriminator
  return new Map(
    (union.options as z.ZodObject[]).flatMap(option => {
      const literal = option.shape[key]
      return literal instanceof z.ZodLiteral ? [[String(literal.value), option] as const] : []
    }),
  )
}

/** Schemas that may describe the value at `path`, wrappers taken off; unions with a discriminator stay whole at the end. */
function schemaAt(schema: z.ZodType, data: unknown, path: readonly PropertyKey[]): z.ZodType[] {
  let candidates = unwrap(schema)
  let value = data
  for (const key of path) {
    candidates = candidates.flatMap(candidate => stepInto(candidate, value, key)).flatMap(unwrap)
    value = (value as Record<PropertyKey, unknown> | undefined)?.[key]
  }
  return candidates.flatMap(candidate => [candidate, ...chosen(candidate, value)])
}

/** The option of a discriminated union that this value picks. */
function chosen(schema: z.ZodType, value: unknown): z.ZodType[] {
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return []
  const word = (value as Record<string, unknown> | undefined)?.[schema.def.discriminator]
  const option = discriminatorsOf(schema).get(String(word))
  return option ? [option] : []
}

function stepInto(schema: z.ZodType, value: unknown, key: PropertyKey): z.ZodType[] {
  if (schema instanceof z.ZodObject) return schema.shape[key as string] ? [schema.shape[key as string]] : []
  if (schema instanceof z.ZodArray) return [schema.element as z.ZodType]
  return chosen(schema, value).flatMap(option => stepInto(option, value, key))
}

function unwrap(schema: z.ZodType): z.ZodType[] {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodNullable || schema instanceof z.ZodOptional)
    return unwrap(schema.unwrap() as z.ZodType)
  if (schema instanceof z.ZodUnion && !(schema instanceof z.ZodDiscriminatedUnion))
    return (schema.options as z.ZodType[]).flatMap(unwrap)
  return [schema]
}
