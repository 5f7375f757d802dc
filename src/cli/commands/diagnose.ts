import { printJson } from '../options.js'
import type { AddCommand } from './index.js'

export const addDiagnose: AddCommand = program => {
  program
    .command('diagnose')
    .description('name what went wrong in a run, with the evidence and the remedy; silent where nothing did')
    .argument('<run>', 'run directory')
    .option('--json', 'one JSON object as the last line of stdout')
    .action(async (run, { json }) => {
      const { diagnoseRun } = await import('../../runs/report-run.js')
      const findings = await diagnoseRun(run)
      if (json) return printJson({ run, findings })
      for (const { severity, title, evidence, remedy } of findings)
        process.stdout.write(`${severity}: ${title}\n  ${evidence}\n${remedy.map(step => `  - ${step}\n`).join('')}\n`)
      if (!findings.length) process.stderr.write('nothing found\n')
    })
}
