/** Random changes of training images, described as data; `compileTransforms` makes a plan executable. */
export { type AffineParameters, applyAffine, type FillMode, identityAffine } from './affine.js'
export { type Augment, compileTransforms, type SampleKey } from './compile.js'
export { applyGenerator, blankGeneratorParameters, drawGenerator, type GeneratorParameters } from './generator.js'
export { mixes } from './mix.js'
export {
  type CutMix,
  type Cutout,
  cutMix,
  cutout,
  type ImageDataGenerator,
  imageDataGenerator,
  type MixUp,
  mixUp,
  type RandAugment,
  type RandomCrop,
  type RandomErasing,
  type RandomFlip,
  randAugment,
  randomCrop,
  randomErasing,
  randomFlip,
  type Transform,
  type TrivialAugment,
  transformSchema,
  transformsSchema,
  trivialAugment,
} from './schema.js'
