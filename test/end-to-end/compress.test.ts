import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TrainSummary } from '../../src/cli/train.js'
import type { EvaluationResult } from '../../src/evaluate/result.js'
import type { PruningReport } from '../../src/runs/pruning-report.js'
import type { QuantizationRecord } from '../../src/runs/quantize-run.js'
import type { Recipe } from '../../src/train/recipe.js'
import { type Outcome, run } from './command.js'
import { tinySettings, writeTinyImages } from './tiny-images.js'

describe('commands that make a trained network smaller', () => {
  let place = ''
  const fovea = (...parameters: string[]): Promise<Outcome> =>
    run([...parameters, '--data-dir', 'cache', '--json'], place)
  async function finished<T>(...parameters: string[]): Promise<T> {
    const outcome = await fovea(...parameters)
    expect(outcome.code, outcome.stderr).toBe(0)
    return outcome.json() as T
  }
  const read = <T>(...path: string[]): T => JSON.parse(readFileSync(join(place, ...path), 'utf8')) as T

  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'fovea-compress-'))
    await writeTinyImages(join(place, 'images'))
    await finished('train', 'images', '--recipe', 'baseline', '--epochs', '8', '--out', 'plain', ...tinySettings)
  })
  afterAll(() => rm(place, { recursive: true, force: true }))

  it('quantize --finetune-epochs trains on with rounding, and compares with the classifier it was given', async () => {
    const direct = await finished<QuantizationRecord>('quantize', 'plain', '--out', 'direct')
    const aware = await finished<QuantizationRecord>('quantize', 'plain', '--finetune-epochs', '2', '--out', 'aware')
    expect(aware.comparison.before).toEqual(direct.comparison.before)
    expect(aware.comparison.after.accuracy).toBeGreaterThan(0.8)
    expect(aware.ranges).not.toEqual(direct.ranges)
  })

  it('that training is a run of its own, whose recipe says what was done', async () => {
    const { model, report } = await finished<QuantizationRecord & { report: string }>(
      ...['quantize', 'plain', '--weights', 'per-tensor', '--finetune-epochs', '1', '--set', 'batchSize=20'],
    )
    const directory = dirname(dirname(report))
    expect(model).toBe(join(directory, 'quantized', 'model.onnx'))
    expect(directory).toMatch(/^runs\/baseline-qat-/)
    const [recipe, source] = [read<Recipe>(directory, 'recipe.json'), read<Recipe>('plain', 'recipe.json')]
    expect(recipe.quantizationAware).toEqual({ weights: 'per-tensor', format: 'int7' })
    expect([source.quantizationAware, recipe.batchSize, recipe.epochs]).toEqual([null, 20, 1])
    expect(recipe.optimizer.learningRate).toBeCloseTo(source.optimizer.learningRate / 10)
  })

  it('quantize refuses what belongs to a training where there is none', async () => {
    const outcome = await fovea('quantize', 'plain', '--set', 'batchSize=20')
    expect(outcome.code).toBe(2)
    expect(outcome.stderr).toContain(
      '--set: expected a training that it is meant for, received no --finetune-epochs. Fix: add --finetune-epochs 2',
    )
  })

  it('quantize refuses a place that is taken before it trains for it', async () => {
    const taken = ['quantize', 'plain', '--finetune-epochs', '1', '--out', 'plain']
    const { code, stderr } = await fovea(...taken)
    expect(code).toBe(2)
    expect(stderr).toContain('expected a new place, or an earlier quantised classifier')
    expect(stderr).not.toContain('epoch 1/1')
  })

  it('finetune goes on from where the run left its weights, and leaves the run as it was', async () => {
    const before = readFileSync(join(place, 'plain', 'model.onnx'))
    // At next to no rate, what comes out is what went in.
    const still = await finished<TrainSummary>(
      ...[
        'finetune',
        'plain',
        '--epochs',
        '1',
        '--seed',
        '3',
        '--set',
        'optimizer.learningRate=1e-12',
        '--out',
        'still',
      ],
    )
    const plain = await finished<EvaluationResult>('evaluate', 'plain')
    expect(still.testAccuracy).toBe(plain.accuracy)
    const recipe = read<Recipe>('still', 'recipe.json')
    expect([recipe.name, recipe.epochs, recipe.seed]).toEqual(['baseline-finetuned', 1, 3])
    expect(readFileSync(join(place, 'plain', 'model.onnx'))).toEqual(before)
    writeFileSync(join(place, 'alone.onnx'), before)
    const outcome = await fovea('finetune', 'alone.onnx', '--out', 'none')
    expect(outcome.code).toBe(2)
    expect(outcome.stderr).toContain('an ONNX file alone')
  })

  it('what was pruned stays pruned when it is fine-tuned again', async () => {
    const { pruning } = await finished<{ pruning: PruningReport }>(
      ...['prune', 'plain', '--sparsity', '0.5', '--finetune-epochs', '1', '--out', 'sparse'],
    )
    const zeros = (layers: PruningReport['layers']) => layers!.reduce((sum, layer) => sum + layer.zeros, 0)
    const count = pruning.layers!.reduce((sum, layer) => sum + layer.count, 0)
    expect(zeros(pruning.layers)).toBe(Math.round(count / 2))
    const { report } = await finished<{ report: string }>(
      ...['quantize', 'sparse', '--finetune-epochs', '1', '--set', 'optimizer.learningRate=0.01'],
    )
    const again = await finished<{ pruning: PruningReport }>(
      ...['prune', dirname(dirname(report)), '--sparsity', '0.01', '--finetune-epochs', '0', '--out', 'again'],
    )
    expect(zeros(again.pruning.layers)).toBe(Math.round(count / 2))
  })
})
