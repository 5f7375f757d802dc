/** Random changes of training images, described as data; `compileTransforms` makes a plan executable. */
export { type AffineParameters, applyAffine, type FillMode, identityAffine } from './affine.js'
export { type Augment, compileTransforms, type SampleKey } from './compile.js'
export { applyGenerator, blankGeneratorParameters, drawGenerator, type GeneratorParameters } from './generator.js'
export {
  type Cutout,
  cutout,
  type ImageDataGenerator,
  imageDataGenerator,
  type RandomCrop,
  type RandomFlip,
  randomCrop,
  randomFlip,
  type Transform,
  transformSchema,
  transformsSchema,
} from './schema.js'
