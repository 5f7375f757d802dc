import { join } from 'node:path'
import type { Classifier } from '../classifier/classifier.js'
import type { Importance } from '../compress/channels/importance.js'
import { networkGraph } from '../compress/channels/network-graph.js'
import type { PrunedGroup } from '../compress/channels/prune-channels.js'
import { weightsOf } from '../compress/classifier-weights.js'
import { multiplyAdds } from '../compress/multiply-adds.js'
import { fileSizes, type LayerSparsity, sparsityOf } from '../compress/sparsity.js'
import { sizeOf } from '../core/shape.js'
import { writeJsonAtomic } from '../host/index.js'
import { networkOf, type TrainingPlan } from '../train/plan.js'
import { evaluateTest } from './evaluate-run.js'
import { openClassifier } from './open-classifier.js'
import { openRun } from './open-run.js'
import type { PreparedPruning, PruneRequest } from './prune-run.js'

interface BeforeAndAfter {
  before: number
  after: number
}

/** pruning.json of a pruned run. */
export interface PruningReport {
  source: string
  sourceSha256: string
  sparsity: number
  method: 'magnitude' | 'channels'
  /** Of channels. */
  importance?: Importance
  groups?: PrunedGroup[]
  /** Of magnitude pruning. */
  layers?: LayerSparsity[]
  /** Of one image. */
  multiplyAdds: BeforeAndAfter
  parameters: BeforeAndAfter
  /** Of model.onnx. */
  sizeBytes: BeforeAndAfter
  gzipBytes: BeforeAndAfter
  /** On the test images, with intervals at 95 %; absent where the data set has none. */
  accuracy?: BeforeAndAfter
  accuracyInterval?: { before: [number, number]; after: [number, number] }
}

/** Looks at what fine-tuning left, and writes pruning.json into the run. */
export async function finishPruning(
  { directory, recipe, report, before }: PreparedPruning,
  request: Pick<PruneRequest, 'path' | 'dataDir' | 'cacheHome'>,
): Promise<PruningReport> {
  const { classifier } = await openClassifier(directory)
  const was = factsOf(before.classifier, before.layer)
  const { layers, ...is } = factsOf(classifier, networkOf(recipe, classifier.classNames.length))
  const both = (key: keyof typeof is): BeforeAndAfter => ({ before: was[key], after: is[key] })
  const full: PruningReport = {
    ...report,
    ...(report.method === 'magnitude' ? { layers } : {}),
    multiplyAdds: both('multiplyAdds'),
    parameters: both('parameters'),
    sizeBytes: both('sizeBytes'),
    gzipBytes: both('gzipBytes'),
    ...(await accuracies(directory, request)),
  }
  await writeJsonAtomic(join(directory, 'pruning.json'), full)
  return full
}

function factsOf(classifier: Classifier, layer: TrainingPlan['layer']) {
  const { graph, parameters } = networkGraph(layer, classifier.inputShape, { batchSize: 1 })
  const weights = weightsOf(classifier, layer, 'model.onnx')
  const kernels = parameters.filter(({ role, trainable }) => role === 'kernel' && trainable)
  return {
    multiplyAdds: multiplyAdds(graph),
    parameters: parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    layers: sparsityOf(new Map(kernels.map(({ name }) => [name, weights.get(name)!]))),
    ...fileSizes(classifier.model),
  }
}

async function accuracies(
  directory: string,
  { path, dataDir, cacheHome }: Pick<PruneRequest, 'path' | 'dataDir' | 'cacheHome'>,
): Promise<Pick<PruningReport, 'accuracy' | 'accuracyInterval'>> {
  const before = await evaluateTest({ path, dataDir, cacheHome })
  // Training ends with the evaluation of what it made.
  const { evaluation: after } = await openRun(directory)
  if (!before || !after) return {}
  return {
    accuracy: { before: before.accuracy, after: after.accuracy },
    accuracyInterval: { before: before.accuracyInterval, after: after.accuracyInterval },
  }
}
