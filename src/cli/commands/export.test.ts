import { expect, it } from 'vitest'
import { formatNames } from '../../export/formats/index.js'
import { createProgram } from '../program.js'

it('fovea export --help names every format', () => {
  const program = createProgram({ environment: {}, cacheHome: undefined, plain: true, setExitCode: () => undefined })
  const to = program.commands.find(command => command.name() === 'export')!.options.find(({ long }) => long === '--to')!
  expect(to.description.split(/, | or /)).toEqual(formatNames)
})
