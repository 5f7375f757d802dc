import { basename, join } from 'node:path'
import type { ComparedClassifier, Comparison } from '../compress/compare/comparison.js'
import { fileFacts } from '../compress/compare/file-facts.js'
import { measureLatency } from '../compress/compare/measure-latency.js'
import { UsageError } from '../core/errors.js'
import { writeFileAtomic } from '../host/index.js'
import { runPaths } from '../train/run-directory.js'
import { evaluateSource } from './evaluate-run.js'
import { openClassifier } from './open-classifier.js'

export interface CompareRequest {
  /** Run directories and ONNX files. */
  paths: readonly string[]
  /** Instead of the data set that each was trained on. */
  dataset?: string | undefined
  dataDir?: string | undefined
  cacheHome?: string | undefined
  threads: number
  /** Of timing. */
  rounds: number
  onProgress?: ((what: string) => void) | undefined
}

/** Accuracy on the test images, size, arithmetic, latency and memory of classifiers, side by side. */
export async function compareClassifiers(request: CompareRequest): Promise<Comparison> {
  const { paths, threads, rounds, onProgress } = request
  if (new Set(paths).size !== paths.length)
    throw new UsageError({ where: 'compare', expected: 'every classifier once', received: paths.join(', ') })
  const names = shortNames(paths)
  const looked: Omit<ComparedClassifier, 'latencies' | 'peakRssBytes'>[] = []
  const files: string[] = []
  let seen: { dataset: string; count: number } | undefined
  for (const [i, path] of paths.entries()) {
    const { classifier, directory } = await openClassifier(path)
    files.push(directory === undefined ? path : runPaths(directory).model)
    const { dataset, dataDir, cacheHome } = request
    const result = await evaluateSource({
      ...{ path, dataset, dataDir, cacheHome, threads, split: 'test' },
      onProgress: (done, total) => onProgress?.(`evaluating ${names[i]} ${Math.floor((100 * done) / total)} %`),
    })
    seen ??= result
    if (result.dataset !== seen.dataset)
      throw new UsageError({
        where: path,
        expected: `a classifier for '${seen.dataset}', as ${paths[0]}`,
        received: `one for '${result.dataset}'`,
        fix: 'compare classifiers of one data set, or name it with --dataset',
      })
    const { accuracy, accuracyInterval, testTimeAugmentation } = result
    looked.push({
      path,
      name: names[i]!,
      accuracy,
      accuracyInterval,
      testTimeAugmentation,
      ...fileFacts(classifier.model),
    })
  }
  const measured = await measureLatency(files, {
    threads,
    rounds,
    onProgress: (done, total) => onProgress?.(`timing ${Math.floor((100 * done) / total)} %`),
  })
  return {
    dataset: seen!.dataset,
    count: seen!.count,
    threads,
    classifiers: looked.map((facts, i) => ({ ...facts, ...measured[i]! })),
  }
}

/** The last part of each path, with what stands before it where two are alike. */
export function shortNames(paths: readonly string[]): string[] {
  const parts = paths.map(path => path.split(/[/\\]/).filter(part => part !== '' && part !== '.'))
  const last = (list: readonly string[], n: number): string => list.slice(-n).join('/')
  const generic = (list: readonly string[]): number => (last(list, 1) === basename(runPaths('').model) ? 2 : 1)
  return parts.map(list => {
    let length = generic(list)
    while (length < list.length && parts.some(other => other !== list && last(other, length) === last(list, length)))
      length++
    return last(list, length) || '.'
  })
}

/** Writes `<name>.svg` and `.png` of every chart, and compare.html with `page`; gives the paths. */
export async function writeComparison(
  comparison: Comparison,
  { directory, page }: { directory: string; page: boolean },
): Promise<string[]> {
  const { renderComparison } = await import('../report/comparison.js')
  const { html, charts } = await renderComparison(comparison)
  const files = [
    ...charts.flatMap(({ name, svg, png }) => [
      { path: `${name}.svg`, content: svg },
      { path: `${name}.png`, content: png },
    ]),
    ...(page ? [{ path: 'compare.html', content: html }] : []),
  ]
  for (const { path, content } of files) await writeFileAtomic(join(directory, path), content)
  return files.map(({ path }) => join(directory, path))
}
