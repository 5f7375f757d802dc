import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createProgram } from '../cli/program.js'
import { callbackSchema } from '../train/callbacks/index.js'
import { parseRecipe, recipeSchema } from '../train/recipe.js'
import { applySettings } from '../train/recipe-settings.js'
import { recipeNamed } from '../train/recipes/index.js'
import { diagnose } from './diagnose.js'
import { evaluateProbabilities } from './evaluate-probabilities.js'
import { faults } from './faults/index.js'
import type { Fault, Finding } from './finding.js'
import { healthyRuns } from './testing/healthy-runs.js'
import { sickRuns } from './testing/sick-runs.js'
import { syntheticPredictions } from './testing/synthetic-predictions.js'
import { syntheticHistory } from './testing/synthetic-run.js'

const filesOf = (folder: URL): string[] =>
  readdirSync(folder)
    .filter(name => name.endsWith('.ts') && name !== 'index.ts')
    .map(name => name.replace(/\.ts$/, ''))
    .sort()

const idsOf = (findings: Finding[]): string[] => findings.map(({ id }) => id)

const healthyEvaluation = evaluateProbabilities(syntheticPredictions())
const healthyHistories = Object.values(healthyRuns).map(run => syntheticHistory(run()))

describe('the table of faults', () => {
  it('equals the folder', () => {
    expect(faults.map(({ id }) => id).sort()).toEqual(filesOf(new URL('./faults/', import.meta.url)))
  })

  it('explains faults only by faults that it holds, and never in a circle', () => {
    const byId = new Map(faults.map(fault => [fault.id, fault]))
    const reaches = (from: Fault, seen: string[]): boolean =>
      from.explainedBy.some(id => seen.includes(id) || reaches(byId.get(id)!, [...seen, id]))
    for (const fault of faults) {
      for (const cause of fault.explainedBy) expect(byId.has(cause), `${fault.id} <- ${cause}`).toBe(true)
      expect(reaches(fault, [fault.id]), fault.id).toBe(false)
    }
  })

  it('has a sick run for every fault', () => {
    expect(Object.keys(sickRuns)).toEqual(faults.map(({ id }) => id))
  })
})

describe.each(Object.keys(sickRuns))('a run with %s', id => {
  const { history, evaluation } = sickRuns[id]!()
  const findings = diagnose(history, evaluation)

  it('yields exactly that finding', () => {
    expect(idsOf(findings)).toEqual([id])
  })

  it('is told with numbers and with something to do', () => {
    const [finding] = findings
    expect(finding!.evidence).toMatch(/\d/)
    expect(finding!.evidence).toMatch(/\.$/)
    expect(finding!.evidence).not.toMatch(/NaN|undefined|Infinity/)
    expect(finding!.remedy.length).toBeGreaterThan(0)
    expect(Object.values(finding!.figures).every(Number.isFinite)).toBe(true)
    expect(faults.find(fault => fault.id === id)!.title).toBe(finding!.title)
  })

  it('is not seen in a healthy run by the same detector', () => {
    const fault = faults.find(({ id: other }) => other === id)!
    for (const healthy of healthyHistories) expect(fault.detect(healthy, healthyEvaluation)).toBeUndefined()
  })
})

describe('a healthy run', () => {
  it.each(Object.entries(healthyRuns))('yields nothing: %s', (_name, run) => {
    for (let seed = 1; seed <= 10; seed++) {
      const evaluation = evaluateProbabilities(syntheticPredictions({ seed, perClass: 200 + 100 * (seed % 3) }))
      expect(idsOf(diagnose(syntheticHistory(run(seed)), evaluation)), `seed ${seed}`).toEqual([])
    }
  })

  it('yields nothing before its first epoch has ended, nor without any step', () => {
    const history = syntheticHistory(healthyRuns.baselineRun())
    expect(diagnose({ ...history, epochs: [], steps: history.steps.slice(0, 12) })).toEqual([])
    expect(diagnose({ ...history, epochs: [], steps: [] })).toEqual([])
  })

  it('is not blamed for the modesty that label smoothing asks for, but for modesty without it', () => {
    const healthy = evaluateProbabilities(syntheticPredictions())
    const evaluation = { ...healthy, calibrationError: 0.15, meanConfidence: healthy.accuracy - 0.15 }
    const history = syntheticHistory(healthyRuns.baselineRun())
    const smoothed = { ...history, start: { ...history.start, recipe: { labelSmoothing: 0.2 } } }
    expect(idsOf(diagnose(smoothed, evaluation))).toEqual([])
    expect(idsOf(diagnose(history, evaluation))).toEqual(['miscalibration'])
  })

  it('that has hardly begun is not blamed for one answer to everything', () => {
    const { history, evaluation } = sickRuns['class-collapse']!()
    const begun = { ...history, epochs: [], steps: history.steps.filter(({ step }) => step <= 5) }
    delete (begun as { end?: unknown }).end
    expect(idsOf(diagnose(begun, evaluation))).not.toContain('class-collapse')
  })

  it('on a large model in a fast machine is not called slow', () => {
    const slow = sickRuns['slow-training']!().history
    const withGpu = { ...slow, start: { ...slow.start, machine: { ...slow.start.machine, device: 'webgpu' } } }
    expect(diagnose(withGpu)).toEqual([])
  })
})

describe('forms of a fault', () => {
  const run = healthyRuns.baselineRun(3)
  it('finds weaker overfitting as a warning, the rule of thumb as a problem', () => {
    const weaker = syntheticHistory({
      ...run,
      trainAccuracy: p => 0.93 - 0.5 * Math.exp(-p / 6),
      validationLoss: e => 0.5 + 0.7 * Math.exp(-e / 3) + 0.008 * Math.max(0, e - 10),
      validationAccuracy: e => 0.83 - 0.3 * Math.exp(-e / 3),
    })
    expect(diagnose(weaker).map(({ id, severity }) => [id, severity])).toEqual([['overfitting', 'warning']])
    expect(diagnose(sickRuns.overfitting!().history)[0]!.severity).toBe('problem')
  })

  it('finds divergence to chance as a learning rate that is too high', () => {
    const diverged = syntheticHistory({
      ...run,
      epochs: 10,
      trainLoss: p => (p < 6 ? 1 + 1.3 * Math.exp(-p) : 2.3),
      stepLoss: (mean, random) => mean + 0.05 * random.normal(),
    })
    const [finding] = diagnose(diverged)
    expect([finding!.id, finding!.severity]).toEqual(['learning-rate-too-high', 'problem'])
    expect(finding!.evidence).toContain('had come down to')
  })

  it('finds epochs that go up and down as a learning rate that is too high, but not warm restarts', () => {
    const wave = (p: number): number => (Math.ceil(p) % 2 === 0 ? 1.3 : 1)
    const up = { ...run, trainLoss: wave, stepLoss: (mean: number) => mean }
    expect(idsOf(diagnose(syntheticHistory(up)))).toEqual(['learning-rate-too-high'])
    const restarts = { ...up, learningRate: (e: number) => (e % 2 === 0 ? 2e-3 : 1e-3) }
    expect(idsOf(diagnose(syntheticHistory(restarts)))).toEqual([])
  })

  it('finds parameters that do not move as a learning rate that is too low', () => {
    const stuck = syntheticHistory({
      ...run,
      epochs: 6,
      learningRate: () => 1e-9,
      trainLoss: () => 2.3,
      trainAccuracy: () => 0.1,
      validationAccuracy: () => 0.1,
      validationLoss: () => 2.3,
      parameterNorm: () => 4,
      stepLoss: (mean, random) => mean + 0.01 * random.normal(),
    })
    const [finding] = diagnose(stuck)
    expect(finding!.id).toBe('learning-rate-too-low')
    expect(finding!.evidence).toContain("no parameter's norm")
  })
})

describe('order', () => {
  const always = (id: string, severity: Finding['severity'], explainedBy: string[] = []): Fault => ({
    id,
    title: id,
    explainedBy,
    detect: () => ({ severity, evidence: '1.', figures: {}, remedy: ['x'] }),
  })
  const history = syntheticHistory({ ...healthyRuns.shortRun(), epochs: 1 })

  it('puts problems first and keeps the order of the table', () => {
    const table = [always('a', 'warning'), always('b', 'problem'), always('c', 'warning'), always('d', 'problem')]
    expect(idsOf(diagnose(history, undefined, table))).toEqual(['b', 'd', 'a', 'c'])
  })

  it('leaves a symptom out when its cause is found', () => {
    const table = [always('cause', 'warning'), always('symptom', 'problem', ['cause'])]
    expect(idsOf(diagnose(history, undefined, table))).toEqual(['cause'])
    expect(idsOf(diagnose(history, undefined, table.slice(1)))).toEqual(['symptom'])
  })
})

describe('remedies', () => {
  const codes = Object.values(sickRuns).flatMap(run => {
    const { history, evaluation } = run()
    const findings = diagnose(history, evaluation)
    return findings.flatMap(({ remedy }) =>
      remedy.flatMap(step => [...step.matchAll(/`([^`]+)`/g)].map(([, code]) => code!)),
    )
  })
  const base = recipeNamed('walk-through')

  it('set fields that a recipe has, to values that it takes', () => {
    const settings = codes.filter(code => code.startsWith('--set ')).map(code => code.slice(6).replace(/^'|'$/g, ''))
    expect(settings.length).toBeGreaterThan(10)
    for (const setting of settings) {
      const data = applySettings(base, [setting]) as { validation: { from: string } }
      expect(() => parseRecipe(data), setting).not.toThrow()
    }
    expect(() => parseRecipe(applySettings(base, ['optimizer.rate=1']))).toThrow()
  })

  it('name fields, callbacks and flags that exist', () => {
    const context = { environment: {}, cacheHome: undefined, plain: true, setExitCode: () => undefined }
    const train = createProgram(context).commands.find(command => command.name() === 'train')!
    const flags = train.options.map(({ long }) => long)
    for (const code of codes.filter(code => !code.startsWith('--set '))) {
      if (code.startsWith('--')) expect(flags, code).toContain(code.split(' ')[0])
      else if (code.startsWith('{')) expect(callbackSchema.safeParse(JSON.parse(code)).success, code).toBe(true)
      else expect(code.split('.')[0]!, code).toSatisfy((field: string) => field in recipeSchema.shape)
    }
  })
})
