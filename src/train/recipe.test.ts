import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { imageSet } from '../data/image-set.js'
import { zeros } from '../nn/init.js'
import type { ParameterSpec } from '../nn/scope.js'
import { PRUNED_SLOT } from '../optim/masked.js'
import { ruleFor } from '../optim/optimizer.js'
import { boundToLength, classWeightsOf, optimizerOf, scheduleOf, splitFor, wholeOptimizerOf } from './plan.js'
import { optimizerSchema, parseRecipe, type Recipe, scheduleSchema } from './recipe.js'
import { applySettings } from './recipe-settings.js'
import { recipeNamed, recipeNames } from './recipes/index.js'
import { recipeDifferences, refuseOtherRecipe } from './resume.js'

const baseline = recipeNamed('walk-through')
const set = (...settings: string[]) => parseRecipe(applySettings(baseline, settings), 'recipe')

describe('recipes', () => {
  it('the table equals the folder', () => {
    const files = readdirSync(new URL('./recipes', import.meta.url))
      .filter(file => file !== 'index.ts')
      .map(file => file.replace(/\.ts$/, ''))
    expect([...recipeNames].sort()).toEqual(files.sort())
  })
  it.each(recipeNames)('%s is whole, and its own JSON gives it again', name => {
    const recipe = recipeNamed(name)
    expect(parseRecipe(JSON.parse(JSON.stringify(recipe)))).toEqual(recipe)
  })
  it('walk-through is the walk-through', () => {
    expect(baseline).toMatchObject({ batchSize: 64, epochs: 50, preprocess: 'unit-range', augmentation: [] })
    expect(baseline.optimizer).toMatchObject({ type: 'adam', learningRate: 1e-3 })
  })
  it('names the recipe that was meant', () => {
    expect(() => recipeNamed('baselin')).toThrow("Fix: did you mean 'baseline'?")
  })
})

describe('--set', () => {
  it.each([
    ['epochs=3', { epochs: 3 }],
    ['description=two words', { description: 'two words' }],
    ['callbacks.1.patience=7', { callbacks: [{}, { patience: 7 }, {}] }],
    ['preprocess=dataset', { preprocess: 'dataset' }],
    ['model.dropout=[0,0,0]', { model: { dropout: [0, 0, 0] } }],
  ])('%s', (setting, expected) => expect(set(setting)).toMatchObject(expected))
  it('another type leaves the fields of the old one behind', () => {
    expect(set('optimizer.type=sgd', 'optimizer.momentum=0.9').optimizer).toEqual({
      type: 'sgd',
      learningRate: 0.01,
      momentum: 0.9,
      nesterov: false,
      weightDecay: 0,
    })
  })
  it.each([
    [
      'optimizer.learninRate=1',
      "recipe: optimizer.learninRate: expected one of the fields type, learningRate, beta1, beta2, epsilon, received 'learninRate'. Fix: did you mean 'learningRate'?",
    ],
    [
      'callbacks.0.monitor=validationLos',
      'recipe: callbacks.0.monitor: expected one of validationLoss, validationAccuracy, trainLoss, trainAccuracy, received "validationLos". Fix: did you mean \'validationLoss\'?',
    ],
    [
      'optimizer.type=adan',
      'recipe: optimizer.type: expected one of sgd, rmsprop, adam, adamw, lion, lamb, muon, received "adan". Fix: did you mean \'adam\'?',
    ],
    ['epochs=0', 'recipe: epochs: expected a value >=1, received 0.'],
    ['epochs=many', 'recipe: epochs: expected number, received "many".'],
    ['a.b=1', "--set a.b=1: expected a field with fields at 'a', received nothing there."],
    ['epochs', "--set: expected path.to.field=value, received 'epochs'."],
  ])('refuses %s', (setting, message) => expect(() => set(setting)).toThrow(message))
  it('takes __proto__ for the unknown field it is', () => {
    expect(() => set('__proto__={"epochs":1}')).toThrow('recipe: __proto__: expected one of the fields name')
    expect(() => set('__proto__.polluted=1')).toThrow('nothing there')
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

describe('parts of a recipe', () => {
  it('builds every optimizer and schedule that the schema knows', () => {
    for (const { shape } of optimizerSchema.options)
      expect(optimizerOf(optimizerSchema.parse({ type: shape.type.value })).name).toBe(shape.type.value)
    const needed: Record<string, object> = {
      step: { epochs: 2 },
      exponential: { factor: 0.9 },
      'warm-up': { epochs: 1, followedBy: { type: 'cosine' } },
    }
    for (const { shape } of scheduleSchema.options) {
      const type = shape.type.value
      const rate = scheduleOf(scheduleSchema.parse({ type, ...needed[type] }))({
        step: 5,
        totalSteps: 100,
        stepsPerEpoch: 10,
      })
      expect(rate).toBeGreaterThan(0)
      expect(rate).toBeLessThanOrEqual(1)
    }
  })
  it('weighs classes to mean 1 over the images', () => {
    const images = imageSet({
      name: 'x',
      classNames: ['a', 'b'],
      shape: [1, 1, 1],
      images: new Uint8Array(4),
      labels: Uint8Array.of(0, 0, 0, 1),
    })
    expect(classWeightsOf('balanced', images)!.map(w => Number(w.toFixed(6)))).toEqual([0.666667, 2])
    expect(() => classWeightsOf([1], images)).toThrow("expected 2 weights, one for each class of 'x', received 1")
  })
  it('splits the same way every time, without overlap', () => {
    const count = 50
    const train = imageSet({
      name: 'x',
      classNames: ['a'],
      shape: [1, 1, 1],
      images: Uint8Array.from({ length: count }, (_, i) => i),
      labels: new Uint8Array(count),
    })
    const dataset = { name: 'x', classNames: ['a'], train }
    const recipe = { ...baseline, validation: { from: 'split', count: 10 } as const }
    const first = splitFor(recipe, dataset)
    expect(splitFor(recipe, dataset)).toEqual(first)
    expect(new Set([...first.training.images, ...first.validation.images]).size).toBe(count)
    expect(() => splitFor(baseline, dataset)).toThrow('Fix: --set validation.count=5')
    expect(() => splitFor({ ...baseline, validation: { from: 'test' } }, dataset)).toThrow(
      "expected test images in 'x', received none. Fix: --validation split",
    )
  })
})

describe('resuming with another recipe', () => {
  it('lists what differs', () => {
    expect(recipeDifferences(baseline, set('seed=9', 'optimizer.learningRate=0.1'))).toEqual([
      'optimizer.learningRate: 0.001 -> 0.1',
      'seed: 1 -> 9',
    ])
    expect(() => refuseOtherRecipe(baseline, set('seed=9'), '--resume x')).toThrow(
      '--resume x: expected the recipe that the run began with, received another one (seed: 1 -> 9). Fix: resume without these changes, or start a new run',
    )
  })
  it('lets the number of epochs change only where the schedule does not depend on it', () => {
    expect(() => refuseOtherRecipe(baseline, set('epochs=60'), 'x')).not.toThrow()
    const cosine = set('schedule={"type":"cosine"}')
    expect(boundToLength(cosine)).toBe('the cosine schedule spreads')
    expect(() => refuseOtherRecipe(cosine, { ...cosine, epochs: 60 }, 'x')).toThrow(
      'the cosine schedule spreads over all epochs',
    )
  })
})

describe('wholeOptimizerOf', () => {
  const recipe = parseRecipe({ ...recipeNamed('quick'), pruning: { sparsity: 0.5 } })
  it('gives kernels a mask where the recipe prunes', () => {
    const kernel: ParameterSpec = {
      name: 'k',
      shape: [4, 3, 3, 3],
      role: 'kernel',
      trainable: true,
      initializer: zeros,
    }
    const slots = (from: Recipe) => ruleFor(wholeOptimizerOf(from), kernel).slots
    expect(slots(recipe)).toContain(PRUNED_SLOT)
    expect(slots(parseRecipe(recipeNamed('quick')))).not.toContain(PRUNED_SLOT)
  })
  it.each([
    ['lookahead', { lookahead: {} }],
    ['averaging', { averaging: { type: 'ema' } }],
  ])('refuses pruning with %s, whose weights no mask reaches', (name, field) => {
    expect(() => wholeOptimizerOf(parseRecipe({ ...recipe, ...field }))).toThrow(`--set ${name}=null`)
  })
})
