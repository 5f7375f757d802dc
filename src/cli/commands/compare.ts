import { availableParallelism } from 'node:os'
import type { ComparedClassifier, Comparison } from '../../compress/compare/comparison.js'
import { printJson, wholeNumber } from '../options.js'
import { lineWriter } from '../status-line.js'
import type { AddCommand } from './index.js'

export const addCompare: AddCommand = (program, context) => {
  program
    .command('compare')
    .description('accuracy, size, arithmetic, latency and memory of runs and ONNX files, side by side')
    .argument('<runs...>', 'run directories, or ONNX files')
    .option('--dataset <name>', 'another data set than the one they were trained on')
    .option('--rounds <n>', 'alternating rounds of timing', wholeNumber(1), 7)
    .option('--threads <n>', 'threads of the runtime (default: one per core)', wholeNumber(1))
    .option('--out <dir>', 'write the charts (SVG and PNG) into this directory')
    .option('--html', 'write compare.html too (to --out, or here)')
    .option('--data-dir <dir>', 'where data sets are kept (default: ~/.cache/fovea)')
    .option('--json', 'one JSON object as the last line of stdout')
    .action(async (paths, { dataset, rounds, threads, out, html = false, dataDir, json }) => {
      const { compareClassifiers, writeComparison } = await import('../../runs/compare-runs.js')
      const line = lineWriter(context)
      const comparison = await compareClassifiers({
        paths,
        dataset,
        dataDir,
        cacheHome: context.cacheHome,
        threads: threads ?? availableParallelism(),
        rounds,
        onProgress: what => line.show(what),
      })
      line.end()
      const written =
        out !== undefined || html ? await writeComparison(comparison, { directory: out ?? '.', page: html }) : []
      if (json) return printJson({ ...comparison, files: written })
      process.stdout.write(`${tableOf(comparison)}\n${written.map(path => `${path}\n`).join('')}`)
    })
}

const percent = (share: number): string => (100 * share).toFixed(2)
const known = (value: number | null): string => (value === null ? 'n/a' : value.toLocaleString('en-US'))
const latency = ({ latencies }: ComparedClassifier, batchSize: number): string =>
  latencies.find(entry => entry.batchSize === batchSize)!.medianMs.toFixed(2)

function tableOf({ dataset, count, threads, classifiers }: Comparison): string {
  const head = [
    'classifier',
    'accuracy %',
    '95 % interval',
    'bytes',
    'parameters',
    'multiply-adds',
    'ms, 1',
    'ms, 64',
    'peak MiB',
  ]
  const rows = classifiers.map(classifier => [
    classifier.testTimeAugmentation === 'none' ? classifier.name : `${classifier.name} (views averaged)`,
    percent(classifier.accuracy),
    classifier.accuracyInterval.map(percent).join(' to '),
    known(classifier.sizeBytes),
    known(classifier.parameters),
    known(classifier.multiplyAdds),
    latency(classifier, 1),
    latency(classifier, 64),
    (classifier.peakRssBytes / 2 ** 20).toFixed(0),
  ])
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map(row => row[i]!.length)))
  const lineOf = (cells: readonly string[]): string =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')
  const note = `${dataset}: ${count} test images; latency of one call at batch 1 and 64, median of alternating rounds, ${threads} threads`
  return [lineOf(head), ...rows.map(lineOf), note].join('\n')
}
