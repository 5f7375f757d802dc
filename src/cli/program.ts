import { Command } from '@commander-js/extra-typings'
import { type CommandContext, commands } from './commands/index.js'
import { version } from './version.js'

/** The command line with all its verbs and flags; nothing runs until it is given arguments. */
export function createProgram(context: CommandContext) {
  const program = new Command('fovea')
    .description('The whole life of an image classifier in TypeScript: data, training, diagnosis, report, export.')
    .version(version())
    .showHelpAfterError('(fovea --help lists the commands)')
    .exitOverride()
  for (const add of commands) add(program, context)
  // A subcommand inherits what was set before it was made; exitOverride, and help that names it, come after.
  for (const command of everyCommand(program))
    command.exitOverride().showHelpAfterError(`(${fullName(command)} --help shows how it is called)`)
  return program
}

function everyCommand(command: Command): Command[] {
  return command.commands.flatMap(child => [child as unknown as Command, ...everyCommand(child as unknown as Command)])
}

/** As it is typed: `fovea data pull`. */
const fullName = (command: Command): string =>
  command.parent ? `${fullName(command.parent as unknown as Command)} ${command.name()}` : command.name()
