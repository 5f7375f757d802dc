import { Option } from '@commander-js/extra-typings'
import { viewsInWords } from '../../report/views.js'
import { printJson } from '../options.js'
import { lineWriter } from '../status-line.js'
import type { AddCommand } from './index.js'

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`

export const addEvaluate: AddCommand = (program, context) => {
  program
    .command('evaluate')
    .description('accuracy, loss, per-class scores and confusion of a run or an ONNX file')
    .argument('<run>', 'run directory, or model.onnx')
    .addOption(
      new Option('--split <images>', 'which images')
        .choices(['test', 'validation', 'train'] as const)
        .default('test' as const),
    )
    .option('--dataset <name>', 'another data set than the one it was trained on')
    .option('--data-dir <dir>', 'where data sets are kept (default: ~/.cache/fovea)')
    .option('--json', 'one JSON object as the last line of stdout')
    .action(async (path, { split, dataset, dataDir, json }) => {
      const { evaluateSource } = await import('../../runs/evaluate-run.js')
      const line = lineWriter(context)
      const result = await evaluateSource({
        path,
        split,
        dataset,
        dataDir,
        cacheHome: context.cacheHome,
        onProgress: (done, total) => line.show(`evaluating ${Math.floor((100 * done) / total)} %`),
      })
      line.end()
      if (json) return printJson(result)
      const [low, high] = result.accuracyInterval
      const width = Math.max(...result.classNames.map(name => name.length))
      process.stdout.write(
        [
          `${result.dataset}, ${result.split}: ${result.count} images${viewsInWords[result.testTimeAugmentation]}`,
          `accuracy ${percent(result.accuracy)} (95 % interval ${percent(low)} to ${percent(high)})  top-5 ${percent(result.top5)}  loss ${result.loss.toFixed(4)}`,
          '',
          ...result.perClass.map(
            c =>
              `${c.name.padEnd(width)}  precision ${percent(c.precision)}  recall ${percent(c.recall)}  F1 ${percent(c.f1)}  images ${c.support}`,
          ),
          '',
          ...(result.mostConfused.length ? ['most confused:'] : []),
          ...result.mostConfused.slice(0, 5).map(({ classes, count }) => `  ${classes.join(' / ')}: ${count}`),
          '',
        ].join('\n'),
      )
    })
}
