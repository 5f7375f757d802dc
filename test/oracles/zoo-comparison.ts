import { describe, expect, it } from 'vitest'
import { describe as describeNetwork, type Network } from '../../src/nn/network.js'
import { publishedName } from '../../src/nn/published-names.js'
import { type ParameterSpec, Scope, type StatisticSpec } from '../../src/nn/scope.js'
import { Graph } from '../../src/onnx/ir.js'
import { farthest } from './exchange.js'
import { python } from './python.js'
import { runScript } from './run-script.js'
import { compareZoo, type ZooCase } from './zoo-exchange.js'

const { path: interpreter, missing } = python()
if (missing) console.warn(`skipped: ${missing}`)

const LOGITS = 1e-4
const GRADIENT = 1e-3

const norm = (values: ArrayLike<number>): number => Math.sqrt(Array.from(values).reduce((sum, v) => sum + v * v, 0))

/** A gradient shorter than this part of all together is 0 but for cancellation and rounding. */
const NOTHING = 1e-6

/**
 * |a - b| / |b|. A bias before a batch normalisation has no gradient, nor has a scale that only normalisations read: a
 * difference there is seen as a part of all gradients together.
 */
function relative(a: ArrayLike<number>, b: ArrayLike<number>, all: number): number {
  const length = norm(b)
  return norm(Array.from(b, (value, i) => a[i]! - value)) / (length < NOTHING * all ? all : length)
}

/** Published names and shapes of parameters and statistics; dense kernels turned as PyTorch has them. */
function namesOf(network: Network): Record<string, readonly number[]> {
  const statistics: StatisticSpec[] = []
  const graph = new Graph('names')
  const scope = new Scope(graph, 'inference', {
    parameter: spec => graph.input(spec.name, 'float32', spec.shape),
    statistic: spec => {
      statistics.push(spec)
      return graph.input(spec.name, 'float32', spec.shape)
    },
  })
  network(graph.input('images', 'float32', [1, 3, 224, 224]), scope)
  const shape = (spec: ParameterSpec | StatisticSpec) =>
    spec.shape.length === 2 ? [...spec.shape].reverse() : spec.shape
  return Object.fromEntries([...scope.parameters, ...statistics].map(spec => [publishedName(spec.name), shape(spec)]))
}

/** Names and shapes of published networks, logits and gradients of small ones, beside timm and PyTorch. */
export function compareWithTorch(
  what: string,
  { cases, published }: { cases: readonly ZooCase[]; published: Readonly<Record<string, Network>> },
): void {
  describe.skipIf(!interpreter)(`${what} against timm and PyTorch (float64)`, () => {
    it('names and shapes are those of the published weights', () => {
      const theirs = JSON.parse(
        runScript(interpreter!, 'zoo_models.py', ['names', ...Object.keys(published)]),
      ) as object
      expect(Object.fromEntries(Object.entries(published).map(([name, net]) => [name, namesOf(net)]))).toEqual(theirs)
    })

    it.each(cases.map(c => [c.torch, c] as const))('%s: logits and gradients', async (name, c) => {
      const { ours, theirs, names } = await compareZoo(c, interpreter!)
      const apart = farthest(ours.logits, theirs.logits)
      const all = norm(names.map(parameter => norm(theirs.gradients.get(parameter)!)))
      const slopes = names.map(parameter => ({
        parameter,
        distance: relative(ours.gradients.get(parameter)!, theirs.gradients.get(parameter)!, all),
      }))
      const worst = slopes.reduce((a, b) => (b.distance > a.distance ? b : a))
      console.log(
        `${name}: logits ${apart.toExponential(1)}, worst gradient ${worst.distance.toExponential(1)} (${worst.parameter})`,
      )
      expect(apart, 'logits').toBeLessThan(LOGITS)
      for (const { parameter, distance } of slopes) expect(distance, `gradient of ${parameter}`).toBeLessThan(GRADIENT)
      expect(names).toHaveLength(describeNetwork(c.network, c.input).parameters.length)
      // Planted error: a gradient off by a hundredth, a logit off by a thousandth of the largest.
      const first = theirs.gradients.get(names[0]!)!
      expect(
        relative(
          Array.from(first, value => value * 1.01),
          first,
          all,
        ),
      ).toBeGreaterThan(GRADIENT)
      const largest = Math.max(...Array.from(theirs.logits, Math.abs))
      expect(
        farthest(
          Array.from(theirs.logits, (v, i) => (i === 3 ? v + largest / 1000 : v)),
          theirs.logits,
        ),
      ).toBeGreaterThan(LOGITS)
    })
  })
}
