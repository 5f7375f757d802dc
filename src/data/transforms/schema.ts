import { z } from 'zod'
import { UsageError } from '../../core/errors.js'

/** What a shift may be in Keras: see `imageDataGenerator`. */
const shiftRange = z
  .union([z.number().min(0), z.array(z.number()).min(1)])
  .describe(
    'below 1: fraction of the side, both ways; whole n >= 1: 0 .. n-1 whole pixels, either way; other: pixels; list: one of its values, either way',
  )

const pair = z.tuple([z.number(), z.number()]).refine(([low, high]) => low <= high, 'low must not exceed high')

export const imageDataGeneratorSchema = z.strictObject({
  type: z.literal('imageDataGenerator'),
  rotationRange: z.number().min(0).max(360).default(0).describe('degrees, both ways'),
  widthShiftRange: shiftRange.default(0),
  heightShiftRange: shiftRange.default(0),
  shearRange: z.number().min(0).max(89).default(0).describe('degrees, both ways'),
  zoomRange: z
    .union([z.number().min(0).max(1), pair.refine(([low]) => low > 0, 'zoom must be above 0')])
    .default(0)
    .describe('z means [1 - z, 1 + z]; above 1 shrinks the content; rows and columns are drawn apart'),
  channelShiftRange: z
    .number()
    .min(0)
    .max(255)
    .default(0)
    .describe('grey levels, both ways, one draw for all channels'),
  brightnessRange: pair
    .refine(([low]) => low >= 0, 'brightness must not be negative')
    .nullable()
    .default(null)
    .describe('factor; 1 changes nothing'),
  horizontalFlip: z.boolean().default(false),
  verticalFlip: z.boolean().default(false),
  fillMode: z.enum(['nearest', 'constant', 'reflect', 'wrap']).default('nearest'),
  cval: z.number().min(0).max(255).default(0).describe('grey level beyond the edge for fillMode constant'),
})

export const randomCropSchema = z.strictObject({
  type: z.literal('randomCrop'),
  padding: z.int().min(1).describe('pixels added on every side before an image-sized piece is cut'),
  mode: z
    .enum(['reflect', 'constant', 'edge'])
    .default('reflect')
    .describe('what the padding holds; NumPy words: reflect does not repeat the edge pixel'),
  value: z.int().min(0).max(255).default(0).describe('grey level of constant padding'),
})

export const randomFlipSchema = z.strictObject({
  type: z.literal('randomFlip'),
  mode: z
    .enum(['random', 'alternating'])
    .default('random')
    .describe('alternating: a coin per image in the first epoch, the other side in every epoch that follows'),
})

export const cutoutSchema = z.strictObject({
  type: z.literal('cutout'),
  size: z.int().min(1).describe('side of the square, pixels'),
  value: z.int().min(0).max(255).default(127).describe('grey level of the square'),
})

export const transformSchema = z.discriminatedUnion('type', [
  imageDataGeneratorSchema,
  randomCropSchema,
  randomFlipSchema,
  cutoutSchema,
])
/** A plan: transforms applied to every training image, in this order. */
export const transformsSchema = z.array(transformSchema)

export type ImageDataGenerator = z.output<typeof imageDataGeneratorSchema>
export type RandomCrop = z.output<typeof randomCropSchema>
export type RandomFlip = z.output<typeof randomFlipSchema>
export type Cutout = z.output<typeof cutoutSchema>
export type Transform = z.output<typeof transformSchema>

type Options<Schema extends z.ZodType> = Omit<z.input<Schema>, 'type'>

function build<Schema extends z.ZodType<Transform>>(schema: Schema, type: Transform['type'], options: object) {
  const parsed = schema.safeParse({ ...options, type })
  if (parsed.success) return parsed.data
  throw new UsageError({
    where: type,
    expected: 'valid options',
    received: z.prettifyError(parsed.error).replaceAll('\n', ' '),
  })
}

/**
 * The random transform of Keras 3 ImageDataGenerator: one affine about the centre, then channel shift, horizontal flip,
 * vertical flip, brightness. Pixels stay 8-bit. Same distributions as Keras, other random numbers: each image draws
 * from a stream of its own. Kept with the rest: `heightShiftRange` moves columns and `widthShiftRange` rows, as Keras
 * 3 does (`affineMatrix` has the reason); with equal ranges, the usual case, there is nothing to notice.
 */
export const imageDataGenerator = (options: Options<typeof imageDataGeneratorSchema> = {}): ImageDataGenerator =>
  build(imageDataGeneratorSchema, 'imageDataGenerator', options)

/** Pads every side and cuts an image-sized piece at a random place (a random translation). */
export const randomCrop = (options: Options<typeof randomCropSchema>): RandomCrop =>
  build(randomCropSchema, 'randomCrop', options)

/** Mirrors left and right. 'alternating' is from airbench (Keller Jordan, "94% on CIFAR-10 in 3.29 seconds", 2024). */
export const randomFlip = (options: Options<typeof randomFlipSchema> = {}): RandomFlip =>
  build(randomFlipSchema, 'randomFlip', options)

/** A square of one grey level about a random pixel, cut off at the border (DeVries and Taylor, 2017). */
export const cutout = (options: Options<typeof cutoutSchema>): Cutout => build(cutoutSchema, 'cutout', options)
