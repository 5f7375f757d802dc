import type { AddCommand } from './index.js'

/** The recipe that shows what Fovea can do in minutes. */
const FIRST = 'quick'

export const addStart: AddCommand = (program, context) => {
  program
    .command('start')
    .description(`the whole way in one go: fetch CIFAR-10, train recipe '${FIRST}', evaluate, report`)
    .action(async () => {
      const { withRunProcess } = await import('../../train/spawn-run.js')
      const { run, reason } = await withRunProcess(context.environment, async runProcess => {
        const { train } = await import('../train.js')
        return train({ dataset: 'cifar10', recipe: FIRST, device: 'cpu', set: [], json: false }, context, runProcess)
      })
      if (reason === 'interrupted') return
      const { reportRun } = await import('../../runs/report-run.js')
      const page = await reportRun(run, { cacheHome: context.cacheHome })
      process.stdout.write(
        `report: ${page} (open it in a browser)\nclassify an image of your own: npx fovea predict ${run} IMAGE\n`,
      )
    })
}
