import { InvalidArgumentError, Option } from '@commander-js/extra-typings'
import type { TrainSummary } from './train.js'

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

/** Parses per cent, with the sign or without, from 0 to below 100, as a share. */
export const percentage = (text: string): number => {
  const value = Number(text.replace(/ ?%$/, ''))
  if (/^[\d.]/.test(text) && value >= 0 && value < 100) return value / 100
  throw new InvalidArgumentError('expected per cent from 0 to below 100, as 10%.')
}

/** The device of training steps; a new one for every command, as commander wants it. */
export const deviceOption = () =>
  new Option('--device <device>', 'where the steps run')
    .choices(['cpu', 'webgpu', 'cuda'] as const)
    .default('cpu' as const)

/** Gathers an option that may be given many times. */
export const gather = (value: string, before: readonly string[] = []): string[] => [...before, value]

/** The one JSON object that ends stdout. */
export const printJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

/** What a command that trained a run says last. */
export function printTrained(summary: TrainSummary, json = false): void {
  if (json) printJson(summary)
  else if (summary.reason !== 'interrupted') process.stdout.write(`report: fovea report ${summary.run}\n`)
}
