import { Command, CommanderError } from '@commander-js/extra-typings'
import { FoveaError, messageOf, UsageError } from '../core/errors.js'
import { type CommandContext, commands } from './commands/index.js'
import { version } from './version.js'

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
  const program = new Command('fovea')
    .description('The whole life of an image classifier in TypeScript: data, training, diagnosis, report, export.')
    .version(version())
    .showHelpAfterError('(fovea --help lists the commands)')
    .exitOverride()
  for (const add of commands) add(program, context)
  // A subcommand inherits what was set before it was made; exitOverride, and help that names it, come after.
  for (const command of everyCommand(program))
    command.exitOverride().showHelpAfterError(`(${fullName(command)} --help shows how it is called)`)
  try {
    await program.parseAsync(argv as string[])
  } catch (error) {
    process.exitCode = report(error, environment)
  }
}

function everyCommand(command: Command): Command[] {
  return command.commands.flatMap(child => [child as unknown as Command, ...everyCommand(child as unknown as Command)])
}

/** As it is typed: `fovea data pull`. */
const fullName = (command: Command): string =>
  command.parent ? `${fullName(command.parent as unknown as Command)} ${command.name()}` : command.name()

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
