import type { RandomStream } from '../../core/random.js'
import * as colour from './pillow-colour.js'
import * as geometry from './pillow-geometry.js'
import type { RandAugment, TrivialAugment } from './schema.js'

type Pixels = geometry.Pixels
type Shape = geometry.Shape
type Operation = (source: Pixels, target: Pixels, shape: Shape, strength: number, fill: number) => void

/** Strengths go in equal steps from 0 to BINS - 1. */
export const BINS = 31

/** An operation and what strength `bin` of `BINS` means for it. */
interface Entry {
  apply: Operation
  /** `t` in [0, 1] is the strength; `side` the width or height of the image. */
  strength(t: number, shape: Shape): number
  /** Whether a coin turns the strength round. */
  signed: boolean
}

const identity: Operation = (source, target) => target.set(source)
/** Factor 1 + strength of Pillow's enhancers. */
const enhance =
  (operation: (source: Pixels, target: Pixels, shape: Shape, factor: number) => void): Operation =>
  (source, target, shape, strength) =>
    operation(source, target, shape, 1 + strength)

/** The widest ranges of an operation set. */
interface Ranges {
  shear: number
  /** Pixels, for an image of this width. */
  translate(side: number): number
  rotate: number
  enhance: number
  posterizedBits: number
}

/** The paper's 14 operations, in torchvision's order. */
function space(ranges: Ranges): Record<string, Entry> {
  const linear = (apply: Operation, most: number): Entry => ({ apply, strength: t => t * most, signed: true })
  const fixed = (apply: Operation): Entry => ({ apply, strength: () => 0, signed: false })
  return {
    Identity: fixed(identity),
    ShearX: linear(geometry.shearX, ranges.shear),
    ShearY: linear(geometry.shearY, ranges.shear),
    TranslateX: {
      apply: geometry.translateX,
      strength: (t, shape) => Math.trunc(t * ranges.translate(shape[2])),
      signed: true,
    },
    TranslateY: {
      apply: geometry.translateY,
      strength: (t, shape) => Math.trunc(t * ranges.translate(shape[1])),
      signed: true,
    },
    Rotate: linear(geometry.rotate, ranges.rotate),
    Brightness: linear(enhance(colour.brightness), ranges.enhance),
    Color: linear(enhance(colour.color), ranges.enhance),
    Contrast: linear(enhance(colour.contrast), ranges.enhance),
    Sharpness: linear(enhance(colour.sharpness), ranges.enhance),
    Posterize: { apply: colour.posterize, strength: t => 8 - Math.round(t * ranges.posterizedBits), signed: false },
    Solarize: { apply: colour.solarize, strength: t => 255 * (1 - t), signed: false },
    AutoContrast: fixed(colour.autoContrast),
    Equalize: fixed(colour.equalize),
  }
}

/** Cubuk et al. 2020; 150/331 of the side is the paper's translation on its 331-pixel images. */
export const randAugmentSpace = space({
  shear: 0.3,
  translate: side => (150 / 331) * side,
  rotate: 30,
  enhance: 0.9,
  posterizedBits: 4,
})
/** Müller and Hutter 2021, table of the wide search space: up to 32 pixels, whatever the image. */
export const trivialAugmentSpace = space({
  shear: 0.99,
  translate: () => 32,
  rotate: 135,
  enhance: 0.99,
  posterizedBits: 6,
})

const named = { randAugment: Object.values(randAugmentSpace), trivialAugment: Object.values(trivialAugmentSpace) }

/**
 * Changes one image: `N` operations of fixed strength `M` one after the other (RandAugment), or one of a random strength
 * (TrivialAugment). Every draw falls in any case, so that the stream's place depends on the plan alone.
 */
export function createRandAugment(
  options: RandAugment | TrivialAugment,
  shape: Shape,
): (source: Pixels, target: Pixels, stream: RandomStream) => void {
  const entries = named[options.type]
  const work = [new Uint8Array(shape[0] * shape[1] * shape[2]), new Uint8Array(shape[0] * shape[1] * shape[2])]
  const count = options.type === 'randAugment' ? options.operations : 1
  return (source, target, stream) => {
    let from: Pixels = source
    for (let i = 0; i < count; i++) {
      const entry = entries[stream.integer(entries.length)]!
      const bin = options.type === 'randAugment' ? options.magnitude : stream.integer(BINS)
      const turned = stream.chance(0.5)
      const strength = entry.strength(bin / (BINS - 1), shape)
      const to = i === count - 1 ? target : work[i % 2]!
      entry.apply(from, to, shape, entry.signed && turned ? -strength : strength, options.fill)
      from = to
    }
  }
}
