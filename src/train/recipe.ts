import { z } from 'zod'
import { testTimeAugmentations } from '../classifier/test-time-augmentation.js'
import { transformsSchema } from '../data/transforms/schema.js'
import { weightFormats } from '../ops/kinds/quantization.js'
import { callbackSchema } from './callbacks/index.js'
import { QUANTIZATION_AWARE } from './fake-quantization.js'
import { LARGEST_SCALE, LOSS_SCALING } from './loss-scaling.js'
import { modelSchema } from './models/index.js'
import { parseStrictly } from './recipe-errors.js'

const rate = z.number().gt(0)
const momentum = z.number().min(0).lt(1)
const share = z.number().min(0).max(1)

const sgdSchema = z.strictObject({
  type: z.literal('sgd'),
  learningRate: rate.default(0.01),
  momentum: momentum.default(0),
  nesterov: z.boolean().default(false),
  weightDecay: z.number().min(0).default(0).describe('added to the gradient of kernels, × the kernel'),
})
const rmspropSchema = z.strictObject({
  type: z.literal('rmsprop'),
  learningRate: rate.default(1e-3),
  rho: momentum.default(0.9),
  momentum: momentum.default(0),
  epsilon: z.number().gt(0).default(1e-7),
})
const adamFields = {
  learningRate: rate.default(1e-3),
  beta1: momentum.default(0.9),
  beta2: momentum.default(0.999),
  epsilon: z.number().gt(0).default(1e-7),
}
const adamSchema = z.strictObject({ type: z.literal('adam'), ...adamFields })
const adamWSchema = z.strictObject({
  type: z.literal('adamw'),
  ...adamFields,
  weightDecay: z.number().min(0).default(0.004).describe('kernels shrink by learning rate × this each step'),
})
const lionSchema = z.strictObject({
  type: z.literal('lion'),
  learningRate: rate.default(1e-4),
  beta1: momentum.default(0.9),
  beta2: momentum.default(0.99),
  weightDecay: z.number().min(0).default(0).describe('kernels shrink by learning rate × this each step'),
})
const lambSchema = z.strictObject({
  type: z.literal('lamb'),
  ...adamFields,
  epsilon: z.number().gt(0).default(1e-6),
  weightDecay: z.number().min(0).default(0.01).describe('added to the direction of kernels, × the kernel'),
})
const plainOptimizers = [sgdSchema, rmspropSchema, adamSchema, adamWSchema, lionSchema] as const
const plainOptimizerSchema = z.discriminatedUnion('type', plainOptimizers)
const muonSchema = z.strictObject({
  type: z.literal('muon'),
  learningRate: rate.default(0.24),
  momentum: momentum.default(0.6),
  nesterov: z.boolean().default(true),
  iterations: z.int().min(1).max(20).default(3).describe('of Newton-Schulz'),
  normalizeKernels: z.boolean().default(true),
  denseKernels: z.boolean().default(false).describe('kernels of dense layers too'),
  others: plainOptimizerSchema
    .default({ type: 'sgd', learningRate: 0.05, momentum: 0.85, nesterov: true, weightDecay: 0 })
    .describe('rule of everything else'),
})
export const optimizerSchema = z.discriminatedUnion('type', [...plainOptimizers, lambSchema, muonSchema])

const lookaheadSchema = z.strictObject({
  steps: z.int().min(1).default(5).describe('of the optimizer between two looks back'),
  alpha: z.number().gt(0).max(1).default(0.5).describe('how far the slow weights follow'),
})
const averagingSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('ema'),
    decay: momentum.default(0.999),
    warmUp: z.boolean().default(true).describe('the decay of step t is at most (1 + t) / (10 + t)'),
  }),
  z.strictObject({
    type: z.literal('swa'),
    from: share.default(0.75).describe('share of the run after which the weights of each epoch enter the mean'),
  }),
])

const plainSchedules = [
  z.strictObject({ type: z.literal('constant') }),
  z.strictObject({ type: z.literal('step'), epochs: rate, factor: rate.default(0.1) }),
  z.strictObject({ type: z.literal('exponential'), factor: rate.describe('per epoch') }),
  z.strictObject({ type: z.literal('linear'), end: share.default(0) }),
  z.strictObject({ type: z.literal('cosine'), end: share.default(0) }),
  z.strictObject({
    type: z.literal('one-cycle'),
    peak: z.number().gt(0).lt(1).default(0.3).describe('where in the run the rate is highest'),
    start: share.default(0.04),
    end: share.default(0.001),
  }),
] as const
const plainScheduleSchema = z.discriminatedUnion('type', plainSchedules)
/** Factors on the optimizer's learning rate. */
export const scheduleSchema = z.discriminatedUnion('type', [
  ...plainSchedules,
  z.strictObject({ type: z.literal('warm-up'), epochs: rate, followedBy: plainScheduleSchema }),
])

const preprocessSchema = z.union([
  z.enum(['unit-range', 'dataset']),
  z.strictObject({
    mean: z.array(z.number()).min(1),
    standardDeviation: z.array(z.number().gt(0)).min(1),
  }),
])

const imagesSchema = z.strictObject({
  size: z.int().min(1).nullable().default(null).describe('sides in pixels; null: as they are, all of one size'),
  fit: z.enum(['cover', 'contain', 'stretch']).default('cover').describe('of an image of another shape'),
  onBadImage: z.enum(['fail', 'skip']).default('fail').describe('skip: unreadable images are left out and named'),
})

const pruningSchema = z.strictObject({
  sparsity: z.number().gt(0).lt(1).describe('share of the weights of all kernels that is 0 in the end'),
  scope: z
    .enum(['global', 'per-layer', 'lamp'])
    .default('lamp')
    .describe('the smallest weights of the whole network, the same share of every layer, or by the score of LAMP'),
  begin: share.default(0).describe('share of the run after which pruning begins'),
  end: share.default(0.6).describe('and after which the full sparsity is reached'),
  everySteps: z.int().min(1).default(100).describe('between two looks at the weights'),
})

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hexadecimal')

const distillationSchema = z.strictObject({
  teacher: z.string().min(1).describe('a run directory or an ONNX file'),
  teacherSha256: sha256Schema.optional().describe("of the teacher's file; another file is then refused"),
  temperature: z.number().gt(0).default(4).describe('both distributions are softened by it'),
  alpha: share.default(0.9).describe("share of the teacher's targets in the loss; the labels have the rest"),
})

const initialWeightsSchema = z.strictObject({
  file: z.string().min(1).describe('a safetensors file with the names of timm and torchvision'),
  sha256: sha256Schema.optional().describe('of the file; another one is then refused'),
})

/** Everything that defines a training run. The one schema: types, JSON files, --set, the studio's form, the docs. */
export const recipeSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case words joined by hyphens'),
  description: z.string().default(''),
  dataset: z.string().default('cifar10').describe('name of a data set, or the path of an image folder'),
  images: imagesSchema.prefault({}).describe('how the files of an image folder are read'),
  model: modelSchema,
  widths: z
    .record(z.string(), z.int().min(1))
    .optional()
    .describe('filters or units of single layers, by layer name, instead of those of the model: a pruned network'),
  initialWeights: initialWeightsSchema
    .optional()
    .describe('published weights that the training begins with; a last layer for other classes starts anew'),
  preprocess: preprocessSchema
    .default('unit-range')
    .describe('unit-range: x / 255; dataset: then (x - mean) / deviation of the data set; or both given'),
  loss: z
    .strictObject({
      type: z.literal('categorical-crossentropy').default('categorical-crossentropy'),
      labelSmoothing: z.number().min(0).lt(1).default(0),
    })
    .default({ type: 'categorical-crossentropy', labelSmoothing: 0 }),
  kernelRegularizer: z
    .strictObject({ l1: z.number().min(0).default(0), l2: z.number().min(0).default(0) })
    .default({ l1: 0, l2: 0 })
    .describe('adds l1 · Σ|w| + l2 · Σw² of every kernel to the loss'),
  optimizer: optimizerSchema,
  lookahead: lookaheadSchema
    .nullable()
    .default(null)
    .describe('slow weights that follow the optimizer every few steps; they are the ones that are evaluated and kept'),
  averaging: averagingSchema
    .nullable()
    .default(null)
    .describe('averaged weights, which are the ones that are evaluated and kept'),
  accumulate: z
    .int()
    .min(1)
    .default(1)
    .describe('parts that a batch goes through the network in; the update follows their mean gradient'),
  activationCheckpointing: z
    .int()
    .min(2)
    .nullable()
    .default(null)
    .describe('segments of the forward pass; all but the last are computed again for the gradients, not kept'),
  mixedPrecision: z
    .strictObject({
      initialScale: z.number().min(1).max(LARGEST_SCALE).default(LOSS_SCALING.initialScale),
      growthInterval: z
        .int()
        .min(1)
        .default(LOSS_SCALING.growthInterval)
        .describe('good steps after which the scale of the loss doubles'),
    })
    .nullable()
    .default(null)
    .describe('products in float16 and weights in float32, for GPUs; a step whose gradients overflow is left out'),
  quantizationAware: z
    .strictObject({
      weights: z.enum(['per-channel', 'per-tensor']).default(QUANTIZATION_AWARE.weights),
      format: z.enum(weightFormats).default(QUANTIZATION_AWARE.format),
    })
    .nullable()
    .default(null)
    .describe(
      'weights and activations are rounded as `quantize` will round them, so that the network learns to bear it',
    ),
  clipNorm: z.number().gt(0).nullable().default(null).describe('longest gradient, all parameters together'),
  schedule: scheduleSchema.default({ type: 'constant' }),
  batchSize: z.int().min(1).max(65_536).default(64),
  epochs: z.int().min(1).default(10),
  seed: z.int().min(0).default(1),
  validation: z
    .discriminatedUnion('from', [
      z.strictObject({
        from: z.literal('split'),
        count: z.int().min(1).default(5000).describe('images held out of the training set'),
      }),
      z.strictObject({ from: z.literal('test') }),
    ])
    .default({ from: 'split', count: 5000 })
    .describe('test: the choice of the best epoch then leaks'),
  augmentation: transformsSchema.default([]),
  progressiveResizing: z
    .array(z.strictObject({ size: z.int().min(8), until: z.number().gt(0).max(1) }))
    .default([])
    .describe('images are `size` pixels wide until the share `until` of the run is done; then as they are'),
  classWeights: z
    .union([z.literal('balanced'), z.array(z.number().min(0)).min(2)])
    .nullable()
    .default(null)
    .describe("weight of each class in the loss; balanced: inverse of the class's share"),
  callbacks: z.array(callbackSchema).default([]),
  pruning: pruningSchema.optional().describe('magnitude pruning during training'),
  distillation: distillationSchema.optional().describe('learn from the outputs of a trained classifier too'),
  testTimeAugmentation: z
    .enum(testTimeAugmentations)
    .default('none')
    .describe('views whose probabilities are averaged: the image and its mirror, or both of them shifted as well'),
})

export type Recipe = z.output<typeof recipeSchema>
export type RecipeInput = z.input<typeof recipeSchema>
export type OptimizerData = z.output<typeof optimizerSchema>
export type PruningData = z.output<typeof pruningSchema>
export type InitialWeightsData = z.output<typeof initialWeightsSchema>
export type DistillationData = z.output<typeof distillationSchema>
export type ScheduleData = z.output<typeof scheduleSchema>

/** Checks data of any origin and fills in the defaults. @throws UsageError naming the field and what was meant. */
export const parseRecipe = (data: unknown, where = 'recipe'): Recipe => parseStrictly(recipeSchema, data, where)
