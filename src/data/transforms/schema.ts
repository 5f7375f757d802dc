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

export const randomErasingSchema = z.strictObject({
  type: z.literal('randomErasing'),
  probability: z.number().min(0).max(1).default(0.5),
  area: pair
    .refine(([low, high]) => low > 0 && high <= 1, 'shares of the image in (0, 1]')
    .default([0.02, 0.4])
    .describe('of the rectangle, as a share of the image'),
  aspect: pair
    .refine(([low]) => low > 0, 'ratios above 0')
    .default([0.3, 1 / 0.3])
    .describe('height / width of the rectangle'),
  value: z
    .union([z.literal('random'), z.int().min(0).max(255)])
    .default('random')
    .describe('random: noise, each value apart; or a grey level'),
})

const fill = z.int().min(0).max(255).default(0).describe('grey level of what comes in from outside')

export const randAugmentSchema = z.strictObject({
  type: z.literal('randAugment'),
  operations: z.int().min(1).max(14).default(2).describe('N: how many, one after the other'),
  magnitude: z.int().min(0).max(30).default(9).describe('M: strength of each, of 30'),
  fill,
})

export const trivialAugmentSchema = z.strictObject({ type: z.literal('trivialAugment'), fill })

const mixFields = {
  alpha: z.number().min(0.01).max(100).describe('shares come from Beta(alpha, alpha); 1: all are equally likely'),
  probability: z.number().min(0).max(1).default(1).describe('of an image to be mixed'),
}
export const mixUpSchema = z.strictObject({
  type: z.literal('mixUp'),
  ...mixFields,
  alpha: mixFields.alpha.default(0.2),
})
export const cutMixSchema = z.strictObject({
  type: z.literal('cutMix'),
  ...mixFields,
  alpha: mixFields.alpha.default(1),
})

export const transformSchema = z.discriminatedUnion('type', [
  imageDataGeneratorSchema,
  randomCropSchema,
  randomFlipSchema,
  cutoutSchema,
  randomErasingSchema,
  randAugmentSchema,
  trivialAugmentSchema,
  mixUpSchema,
  cutMixSchema,
])
/** A plan: transforms applied to every training image, in this order; what mixes images comes last. */
export const transformsSchema = z.array(transformSchema)

export type ImageDataGenerator = z.output<typeof imageDataGeneratorSchema>
export type RandomCrop = z.output<typeof randomCropSchema>
export type RandomFlip = z.output<typeof randomFlipSchema>
export type Cutout = z.output<typeof cutoutSchema>
export type RandomErasing = z.output<typeof randomErasingSchema>
export type RandAugment = z.output<typeof randAugmentSchema>
export type TrivialAugment = z.output<typeof trivialAugmentSchema>
export type MixUp = z.output<typeof mixUpSchema>
export type CutMix = z.output<typeof cutMixSchema>
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

/** A rectangle of noise or of one grey level (Zhong et al. 2017, arXiv 1708.04896). */
export const randomErasing = (options: Options<typeof randomErasingSchema> = {}): RandomErasing =>
  build(randomErasingSchema, 'randomErasing', options)

/**
 * N of 14 operations, each of strength M (Cubuk et al. 2020, arXiv 1909.13719), with Pillow's results on the same draw.
 * Images of one or three channels.
 */
export const randAugment = (options: Options<typeof randAugmentSchema> = {}): RandAugment =>
  build(randAugmentSchema, 'randAugment', options)

/** One of the same operations, of a random strength out of wide ranges (Müller and Hutter 2021, arXiv 2103.10158). */
export const trivialAugment = (options: Options<typeof trivialAugmentSchema> = {}): TrivialAugment =>
  build(trivialAugmentSchema, 'trivialAugment', options)

/** Two images and their labels, blended in the same shares (Zhang et al. 2018, arXiv 1710.09412). */
export const mixUp = (options: Options<typeof mixUpSchema> = {}): MixUp => build(mixUpSchema, 'mixUp', options)

/** A rectangle of another image, and a share of its label by area (Yun et al. 2019, arXiv 1905.04899). */
export const cutMix = (options: Options<typeof cutMixSchema> = {}): CutMix => build(cutMixSchema, 'cutMix', options)
