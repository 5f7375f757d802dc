import type { AddCommand } from './index.js'

export const addReport: AddCommand = (program, context) => {
  program
    .command('report')
    .description('write report.html and its charts into a run')
    .argument('<run>', 'run directory')
    .option('--data-dir <dir>', 'where data sets are kept (default: ~/.cache/fovea)')
    .action(async (run, { dataDir }) => {
      const { reportRun } = await import('../../runs/report-run.js')
      process.stdout.write(`${await reportRun(run, { dataDir, cacheHome: context.cacheHome })}\n`)
    })
}
