/** A report's input that no run has made, for tests: realistic in size and in everything that can be shown. */
import { encode } from 'fast-png'
import { randomStream } from '../../core/random.js'
import {
  diagnose,
  type EvaluationResult,
  evaluateProbabilities,
  type History,
  summarizeRun,
} from '../../evaluate/index.js'
import { plateauRun } from '../../evaluate/testing/healthy-runs.js'
import { syntheticPredictions } from '../../evaluate/testing/synthetic-predictions.js'
import { syntheticHistory } from '../../evaluate/testing/synthetic-run.js'
import type { GalleryImage, ReportInput } from '../input.js'

/** 32 x 32 pixels of coloured noise. */
function noisePng(seed: number): Uint8Array {
  const data = new Uint8Array(32 * 32 * 3)
  randomStream(seed, 'picture').fillBytes(data)
  return encode({ width: 32, height: 32, data, channels: 3, depth: 8 })
}

export function syntheticGallery(evaluation: EvaluationResult): GalleryImage[] {
  const mistakes = [...evaluation.worstMistakes.slice(0, 20), ...evaluation.confidentMistakes.slice(0, 20)]
  const once = new Map(mistakes.map(mistake => [mistake.index, mistake]))
  return [...once.values()].map(mistake => ({ mistake, pngBytes: noisePng(mistake.index) }))
}

export function syntheticInput(options: { history?: History; classNames?: string[] } = {}): ReportInput {
  const plain = options.history ?? syntheticHistory(plateauRun())
  const classNames = options.classNames ?? plain.start.data.classNames
  const data = { ...plain.start.data, classNames }
  const notice = {
    type: 'notice',
    epoch: 14,
    step: 9800,
    source: 'reduceLROnPlateau',
    message: 'learning rate 0.0005',
  } as const
  const history: History = { ...plain, start: { ...plain.start, data }, notices: [notice] }
  const evaluation = evaluateProbabilities({ ...syntheticPredictions({ perClass: 200 }), classNames })
  return {
    title: 'Baseline CNN',
    summary: summarizeRun(history),
    evaluation,
    findings: diagnose(history, evaluation),
    recipe: history.start.recipe,
    gallery: syntheticGallery(evaluation),
    provenance: {
      seed: 7,
      datasetHashes: { 'test_batch.bin': '67eb016db431130d61cd03c7ad570b013799c88c' },
      weightsHash: 'b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c',
      command: 'fovea train --model baseline --seed 7',
    },
  }
}
