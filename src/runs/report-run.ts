import { join } from 'node:path'
import { cifar10Files } from '../data/datasets/cifar10.js'
import { encodePng } from '../data/image/decode.js'
import { type ImageSet, image } from '../data/image-set.js'
import { diagnose } from '../evaluate/diagnose.js'
import type { Finding } from '../evaluate/finding.js'
import type { EvaluationResult } from '../evaluate/result.js'
import { summarizeRun } from '../evaluate/run-summary.js'
import { writeFileAtomic } from '../host/index.js'
import type { GalleryImage } from '../report/index.js'
import type { Recipe } from '../train/recipe.js'
import { openRecipeDataset } from '../train/recipe-dataset.js'
import { openRun } from './open-run.js'

/** What the faults that Fovea knows say about a run; empty where nothing is wrong. */
export async function diagnoseRun(directory: string): Promise<Finding[]> {
  const { history, evaluation } = await openRun(directory)
  return diagnose(history, evaluation)
}

export interface ReportOptions {
  dataDir?: string | undefined
  cacheHome?: string | undefined
}

/** Writes report.html and charts/ into a run; gives the path of the page. */
export async function reportRun(directory: string, options: ReportOptions = {}): Promise<string> {
  const { recipe, history, evaluation, result } = await openRun(directory)
  const { renderReport, reportFiles } = await import('../report/index.js')
  const report = await renderReport({
    title: recipe.name,
    summary: summarizeRun(history),
    findings: diagnose(history, evaluation),
    recipe,
    gallery: evaluation ? galleryOf(evaluation, await testImages(recipe, options)) : [],
    provenance: {
      seed: recipe.seed,
      datasetHashes:
        recipe.dataset === 'cifar10'
          ? Object.fromEntries(cifar10Files.map(({ name, sha1 }) => [name, sha1 ?? '']))
          : {},
      command: `fovea train ${recipe.dataset} --recipe ${join(directory, 'recipe.json')}`,
      ...(result ? { weightsHash: result.modelWeightsSha256 } : {}),
    },
    ...(evaluation ? { evaluation } : {}),
  })
  for (const { path, content } of reportFiles(report)) await writeFileAtomic(join(directory, path), content)
  return join(directory, 'report.html')
}

const testImages = async (recipe: Recipe, { dataDir, cacheHome }: ReportOptions): Promise<ImageSet | undefined> =>
  (await openRecipeDataset(recipe, { dataDir, xdgCacheHome: cacheHome })).test

/** The images behind the mistakes, as PNG. */
export function galleryOf(evaluation: EvaluationResult, set: ImageSet | undefined): GalleryImage[] {
  if (!set) return []
  const [channels, height, width] = set.shape
  const mistakes = new Map(
    [...evaluation.worstMistakes, ...evaluation.confidentMistakes].map(mistake => [mistake.index, mistake]),
  )
  return [...mistakes.values()]
    .filter(({ index }) => index < set.count)
    .map(mistake => ({ mistake, pngBytes: encodePng(image(set, mistake.index), channels, height, width) }))
}
