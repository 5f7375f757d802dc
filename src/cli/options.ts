import { InvalidArgumentError } from '@commander-js/extra-typings'

/** Parses a whole number of at least `least`; commander turns the refusal into exit code 2. */
export const wholeNumber =
  (least: number) =>
  (text: string): number => {
    const value = Number(text)
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value
    throw new InvalidArgumentError(`expected a whole number of at least ${least}.`)
  }

/** Parses a number above 0 and below `limit`. */
export const numberBelow =
  (limit: number) =>
  (text: string): number => {
    const value = Number(text)
    if (text.trim() !== '' && value > 0 && value < limit) return value
    throw new InvalidArgumentError(
      limit === Number.POSITIVE_INFINITY ? 'expected a number above 0.' : `expected a number between 0 and ${limit}.`,
    )
  }

/** Parses a number above 0. */
export const positiveNumber = numberBelow(Number.POSITIVE_INFINITY)

/** Gathers an option that may be given many times. */
export const gather = (value: string, before: readonly string[] = []): string[] => [...before, value]

/** The one JSON object that ends stdout. */
export const printJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
