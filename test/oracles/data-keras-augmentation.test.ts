import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RandomStream, randomStream } from '../../src/core/random.js'
import {
  applyAffine,
  applyGenerator,
  blankGeneratorParameters,
  drawGenerator,
  type FillMode,
  type GeneratorParameters,
  imageDataGenerator,
} from '../../src/data/transforms/index.js'
import { python } from './python.js'

type Shape = [number, number, number]
interface Case {
  shape: Shape
  pixels: Uint8Array
  fillMode: FillMode
  cval: number
  parameters: GeneratorParameters
}

const CASES = 480
const DRAWS = 4000
const SHAPES: Shape[] = [
  [3, 32, 32],
  [3, 32, 32],
  [1, 17, 17],
  [3, 9, 14],
]
const FILLS: FillMode[] = ['nearest', 'constant', 'reflect', 'wrap']

/** Each part of the transform alone, then all together; every fourth case is far out, where folding repeats. */
function parametersOf(i: number, [, height, width]: Shape, r: RandomStream): GeneratorParameters {
  const p = blankGeneratorParameters()
  const far = i % 4 === 3 ? 4 : 1
  const kind = Math.floor(i / 16) % 10
  const on = (...kinds: number[]) => kinds.includes(kind)
  if (on(0, 6, 7, 8, 9)) p.theta = r.uniform(-45, 45) * far
  if (on(1, 6, 7, 8, 9)) [p.tx, p.ty] = [r.uniform(-0.3, 0.3) * height * far, r.uniform(-0.3, 0.3) * width * far]
  if (on(2)) [p.tx, p.ty] = [r.integer(9) - 4, (r.integer(9) - 4) * far]
  if (on(3, 7, 8, 9)) p.shear = r.uniform(-30, 30)
  if (on(4, 6, 7, 8, 9)) [p.zx, p.zy] = [r.uniform(0.6, 1.4) * far, r.uniform(0.6, 1.4)]
  if (on(5, 6, 8, 9)) [p.flipHorizontal, p.flipVertical] = [r.chance(0.5), r.chance(0.5)]
  if (on(5, 8)) p.channelShift = r.uniform(-60, 60)
  // Pillow knows three channels (and Keras' brightness no others of ours).
  if (on(9)) p.brightness = r.uniform(0.3, 1.9)
  return p
}

function makeCases(): Case[] {
  return Array.from({ length: CASES }, (_, i) => {
    const r = randomStream(20, 'oracle', i)
    const shape = SHAPES[Math.floor(i / 4) % SHAPES.length]!
    const pixels = new Uint8Array(shape[0] * shape[1] * shape[2])
    r.fillBytes(pixels)
    const parameters = parametersOf(i, shape, r)
    if (shape[0] === 1) parameters.brightness = undefined
    return { shape, pixels, fillMode: FILLS[i % 4]!, cval: i % 3 === 0 ? 0 : 77.25, parameters }
  })
}

/** Keras' names. */
const named = (p: GeneratorParameters) => ({
  theta: p.theta,
  tx: p.tx,
  ty: p.ty,
  shear: p.shear,
  zx: p.zx,
  zy: p.zy,
  flip_horizontal: p.flipHorizontal,
  flip_vertical: p.flipVertical,
  channel_shift_intensity: p.channelShift ?? null,
  brightness: p.brightness ?? null,
})

const drawOptions = {
  rotationRange: 15,
  widthShiftRange: 0.1,
  heightShiftRange: 3,
  shearRange: 5,
  zoomRange: 0.2,
  horizontalFlip: true,
  channelShiftRange: 20,
  brightnessRange: [0.5, 1.5] as [number, number],
}

function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]! - b[i]!))
  return most
}

/** Kolmogorov-Smirnov: the widest gap between two empirical distributions. */
function distributionGap(a: number[], b: number[]): number {
  const sorted = [a, b].map(values => Float64Array.from(values).sort()) as [Float64Array, Float64Array]
  const shareUpTo = (values: Float64Array, x: number) => values.findLastIndex(value => value <= x) + 1
  return Math.max(
    ...sorted[0].map(x => Math.abs(shareUpTo(sorted[0], x) / a.length - shareUpTo(sorted[1], x) / b.length)),
  )
}

const found = python()
if (found.missing) console.log(`skipped: ${found.missing}`)

describe.skipIf(found.missing !== undefined)('Keras ImageDataGenerator on the same parameters', () => {
  const cases = makeCases()
  const directory = mkdtempSync(join(tmpdir(), 'fovea-oracle-'))
  const affine: Float32Array[] = []
  const full: Float32Array[] = []
  let draws: Record<string, number>[] = []

  beforeAll(() => {
    const [request, results, drawn] = ['cases.json', 'results.bin', 'draws.json'].map(name => join(directory, name))
    const { rotationRange, widthShiftRange, heightShiftRange, shearRange, zoomRange } = drawOptions
    const body = {
      cases: cases.map(({ pixels, parameters, ...rest }) => ({
        ...rest,
        pixels: Buffer.from(pixels).toString('base64'),
        parameters: named(parameters),
      })),
      draws: {
        count: DRAWS,
        shape: [3, 32, 32],
        options: {
          rotation_range: rotationRange,
          width_shift_range: widthShiftRange,
          height_shift_range: heightShiftRange,
          shear_range: shearRange,
          zoom_range: zoomRange,
          horizontal_flip: true,
          channel_shift_range: 20,
          brightness_range: drawOptions.brightnessRange,
        },
      },
    }
    writeFileSync(request!, JSON.stringify(body))
    const script = fileURLToPath(new URL('./keras_augmentation.py', import.meta.url))
    const run = spawnSync(found.path!, [script, request!, results!, drawn!], { encoding: 'utf8' })
    if (run.status !== 0) throw new Error(run.stderr)
    const floats = new Float32Array(new Uint8Array(readFileSync(results!)).buffer)
    let at = 0
    for (const { pixels } of cases)
      for (const list of [affine, full]) list.push(floats.subarray(at, (at += pixels.length)))
    expect(at).toBe(floats.length)
    const answer = JSON.parse(readFileSync(drawn!, 'utf8'))
    draws = answer.draws
    console.log('oracle:', JSON.stringify(answer.versions))
  }, 300_000)
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  it('one affine: float results agree to a thousandth of a grey level', () => {
    for (const [i, { shape, pixels, parameters, fillMode, cval }] of cases.entries()) {
      const difference = maxDifference(applyAffine(pixels, shape, parameters, fillMode, cval), affine[i]!)
      expect(difference, `case ${i}: ${fillMode} ${JSON.stringify({ shape, ...parameters })}`).toBeLessThan(1e-3)
    }
  })

  it('the whole transform in 8 bits: within half a level; with brightness, which Keras itself cuts, equal', () => {
    let brightPixels = 0
    let otherPixels = 0
    for (const [i, given] of cases.entries()) {
      const { shape, pixels, parameters } = given
      const target = new Uint8Array(pixels.length)
      const work = new Float32Array(pixels.length)
      applyGenerator(pixels, 0, target, 0, shape, parameters, given, work, new Float64Array(6))
      const difference = maxDifference(target, full[i]!)
      const message = `case ${i}: ${given.fillMode} ${JSON.stringify({ shape, ...parameters })}`
      if (parameters.brightness === undefined) expect(difference, message).toBeLessThanOrEqual(0.5 + 1e-3)
      else {
        // Cutting is not continuous: float32 results one ulp apart can fall on two sides of a whole number.
        expect(difference, message).toBeLessThanOrEqual(Math.ceil(parameters.brightness))
        brightPixels += pixels.length
        for (const [at, value] of target.entries()) if (value !== full[i]![at]) otherPixels++
      }
    }
    expect(brightPixels).toBeGreaterThan(50_000)
    expect(otherPixels / brightPixels).toBeLessThan(1e-3)
  })

  it('notices a planted error: another fill, a zoom upside down, a shift on the wrong axis', () => {
    const wrong = (change: (given: Case) => Case) =>
      cases.filter((given, i) => {
        const { shape, pixels, parameters, fillMode, cval } = change(given)
        return maxDifference(applyAffine(pixels, shape, parameters, fillMode, cval), affine[i]!) > 1e-3
      }).length
    const swapped = (given: Case) => ({
      ...given,
      parameters: { ...given.parameters, tx: given.parameters.ty, ty: given.parameters.tx },
    })
    const inverse = (given: Case) => ({ ...given, parameters: { ...given.parameters, zx: 1 / given.parameters.zx } })
    expect(wrong(given => given)).toBe(0)
    expect(wrong(given => ({ ...given, fillMode: FILLS[(FILLS.indexOf(given.fillMode) + 1) % 4]! }))).toBeGreaterThan(
      200,
    )
    expect(wrong(inverse)).toBeGreaterThan(100)
    expect(wrong(swapped)).toBeGreaterThan(100)
  })

  it('draws from the same distributions', () => {
    const options = imageDataGenerator(drawOptions)
    const ours = Array.from({ length: DRAWS }, (_, i) => {
      const p = blankGeneratorParameters()
      drawGenerator(options, [3, 32, 32], randomStream(5, 'draws', i), p)
      return Object.fromEntries(Object.entries(named(p)).map(([name, value]) => [name, Number(value)]))
    })
    for (const name of Object.keys(ours[0]!)) {
      const gap = distributionGap(
        ours.map(draw => draw[name]!),
        draws.map(draw => draw[name]!),
      )
      // 1.95 * sqrt(2 / n): the two-sided bound at one in a thousand.
      expect(gap, name).toBeLessThan(1.95 * Math.sqrt(2 / DRAWS))
    }
  })
})
