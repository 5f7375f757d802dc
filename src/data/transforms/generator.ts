import type { RandomStream } from '../../core/random.js'
import { type AffineParameters, affineMatrix, identityAffine, warp } from './affine.js'
import type { ImageDataGenerator } from './schema.js'

/** One draw of ImageDataGenerator; Keras' `get_random_transform` in camelCase. */
export interface GeneratorParameters extends AffineParameters {
  flipHorizontal: boolean
  flipVertical: boolean
  /** Grey levels added to every channel; undefined where channel shift is off. */
  channelShift: number | undefined
  brightness: number | undefined
}

type Shape = readonly [channels: number, height: number, width: number]

/** Pixels. A list or whole number is chosen from and signed by a coin; anything else is uniform both ways. */
function drawShift(range: number | readonly number[], side: number, stream: RandomStream): number {
  const widest = typeof range === 'number' ? range : Math.max(...range)
  if (typeof range === 'number' && range === 0) return 0
  const unit = widest < 1 ? side : 1
  if (typeof range === 'number' && !Number.isInteger(range)) return stream.uniform(-range, range) * unit
  const chosen = typeof range === 'number' ? stream.integer(range) : range[stream.integer(range.length)]!
  return (stream.chance(0.5) ? chosen : -chosen) * unit
}

/** Draws into `parameters`, in Keras' order: what is switched off draws nothing, the two coins always fall. */
export function drawGenerator(
  options: ImageDataGenerator,
  shape: Shape,
  stream: RandomStream,
  parameters: GeneratorParameters,
): void {
  const { rotationRange, shearRange, zoomRange, channelShiftRange, brightnessRange } = options
  const low = typeof zoomRange === 'number' ? 1 - zoomRange : zoomRange[0]
  const high = typeof zoomRange === 'number' ? 1 + zoomRange : zoomRange[1]
  parameters.theta = rotationRange ? stream.uniform(-rotationRange, rotationRange) : 0
  parameters.tx = drawShift(options.heightShiftRange, shape[1], stream)
  parameters.ty = drawShift(options.widthShiftRange, shape[2], stream)
  parameters.shear = shearRange ? stream.uniform(-shearRange, shearRange) : 0
  const zooms = low !== 1 || high !== 1
  parameters.zx = zooms ? stream.uniform(low, high) : 1
  parameters.zy = zooms ? stream.uniform(low, high) : 1
  const horizontal = stream.chance(0.5)
  const vertical = stream.chance(0.5)
  parameters.flipHorizontal = horizontal && options.horizontalFlip
  parameters.flipVertical = vertical && options.verticalFlip
  parameters.channelShift = channelShiftRange ? stream.uniform(-channelShiftRange, channelShiftRange) : undefined
  parameters.brightness = brightnessRange ? stream.uniform(brightnessRange[0], brightnessRange[1]) : undefined
}

export const blankGeneratorParameters = (): GeneratorParameters => ({
  ...identityAffine,
  flipHorizontal: false,
  flipVertical: false,
  channelShift: undefined,
  brightness: undefined,
})

/** Adds `shift` to every value and clips to the image's own range, as `apply_channel_shift` does. In place. */
function shiftChannels(work: Float32Array, size: number, shift: number): void {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (let i = 0; i < size; i++) {
    const value = work[i]!
    if (value < low) low = value
    if (value > high) high = value
  }
  for (let i = 0; i < size; i++) {
    const value = work[i]! + shift
    work[i] = value < low ? low : value > high ? high : value
  }
}

/** Rounds to the nearest grey level. */
function roundTo(target: Uint8Array, to: number, work: Float32Array, size: number): void {
  for (let i = 0; i < size; i++) target[to + i] = work[i]! + 0.5
}

/**
 * Pillow's ImageEnhance.Brightness, as Keras calls it: the float image is first cut (not rounded) to 8 bits, then
 * blended with black in float32 and cut again.
 */
function brighten(target: Uint8Array, to: number, work: Float32Array, size: number, brightness: number): void {
  const factor = Math.fround(brightness)
  for (let i = 0; i < size; i++) {
    const bright = Math.fround(factor * (work[i]! | 0))
    target[to + i] = bright >= 255 ? 255 : bright
  }
}

/**
 * Applies one draw to the image at `source[from]` and writes it to `target[to]`, both uint8 [C, H, W]. Keras' order:
 * affine, channel shift, horizontal flip, vertical flip, brightness; a mirror moves pixels and changes none, so it is
 * done with the affine. `work` holds one image, `matrix` six numbers.
 */
export function applyGenerator(
  source: Uint8Array,
  from: number,
  target: Uint8Array,
  to: number,
  shape: Shape,
  parameters: GeneratorParameters,
  options: Pick<ImageDataGenerator, 'fillMode' | 'cval'>,
  work: Float32Array,
  matrix: Float64Array,
): void {
  const { channelShift, brightness } = parameters
  const { fillMode, cval } = options
  affineMatrix(parameters, shape[1], shape[2], matrix)
  // Most plans stay in geometry: one pass, no floating-point copy of the image.
  if (channelShift === undefined && brightness === undefined) {
    warp(source, from, target, to, shape, matrix, fillMode, cval, parameters)
    return
  }
  const size = shape[0] * shape[1] * shape[2]
  warp(source, from, work, 0, shape, matrix, fillMode, cval, parameters)
  if (channelShift !== undefined) shiftChannels(work, size, channelShift)
  if (brightness === undefined) roundTo(target, to, work, size)
  else brighten(target, to, work, size, brightness)
}
