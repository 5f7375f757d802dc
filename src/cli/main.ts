import { CommanderError } from '@commander-js/extra-typings'
import { FoveaError, messageOf, UsageError } from '../core/errors.js'
import type { CommandContext } from './commands/index.js'
import { createProgram } from './program.js'

/**
 * 0: done. 1: the job failed, with a message. 2: bad usage. 130: interrupted by Ctrl-C, everything saved (the
 * shell's number for it).
 */
export const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const

/** Runs the command line. The environment is read here and nowhere else. */
export async function main(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const context: CommandContext = {
    environment,
    cacheHome: environment.XDG_CACHE_HOME,
    plain: !process.stderr.isTTY || Boolean(environment.CI),
    setExitCode: code => {
      process.exitCode = exitCodes[code]
    },
  }
  const program = createProgram(context)
  try {
    await program.parseAsync(argv as string[])
  } catch (error) {
    process.exitCode = report(error, environment)
  }
}

/** Prints an error the way its reader needs it and gives the exit code. */
function report(error: unknown, environment: NodeJS.ProcessEnv): number {
  if (error instanceof CommanderError) {
    // Commander has printed it; help and version are no failures.
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
  }
  // A message of ours is made for people; a stack helps only where the fault is in Fovea itself.
  const text =
    error instanceof FoveaError && !environment.FOVEA_DEBUG
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : messageOf(error)
  process.stderr.write(`fovea: ${text}\n`)
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failed
}
