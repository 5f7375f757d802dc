/** Fovea: the whole life of an image classifier. Everything a program needs stands here. */

// Classifiers
export type { Classifier } from './classifier/classifier.js'
export { loadClassifier } from './classifier/load.js'
export { predict, topClasses } from './classifier/predict.js'
export { writeClassifier } from './classifier/save.js'
// Compression
export { calibrationImages } from './compress/quantize/calibration-images.js'
export { type Quantized, type QuantizeOptions, quantizeClassifier } from './compress/quantize/quantize.js'
// Errors
export { FoveaError, UsageError } from './core/errors.js'
// Data
export {
  cifar10,
  cutMix,
  cutout,
  type Dataset,
  type ImageSet,
  image,
  imageDataGenerator,
  imageSet,
  mixUp,
  openDataset,
  randAugment,
  randomCrop,
  randomErasing,
  randomFlip,
  split,
  subset,
  type Transform,
  trivialAugment,
} from './data/index.js'
// Evaluation and reports
export { evaluateClassifier as evaluate } from './evaluate/evaluate-classifier.js'
export type { Finding } from './evaluate/finding.js'
export type { EvaluationResult } from './evaluate/result.js'
// Networks
export { initializers } from './nn/init.js'
export { batchNormalization } from './nn/layers/batch-normalization.js'
export { cbam } from './nn/layers/cbam.js'
export { conv2d, depthwiseConv2d } from './nn/layers/conv2d.js'
export { dense } from './nn/layers/dense.js'
export { dropout } from './nn/layers/dropout.js'
export { ecaAttention } from './nn/layers/eca-attention.js'
export { layerNormalization } from './nn/layers/layer-normalization.js'
export { layerScale } from './nn/layers/layer-scale.js'
export { multiHeadAttention, multiHeadSelfAttention } from './nn/layers/multi-head-attention.js'
export { patchEmbedding } from './nn/layers/patch-embedding.js'
export { averagePooling2d, globalAveragePooling2d, globalMaxPooling2d, maxPooling2d } from './nn/layers/pooling.js'
export { rescaling } from './nn/layers/rescaling.js'
export { activation, add, concatenate, flatten } from './nn/layers/shape.js'
export { squeezeExcitation } from './nn/layers/squeeze-excitation.js'
export { stochasticDepth } from './nn/layers/stochastic-depth.js'
export { classToken, positionEmbedding } from './nn/layers/token-embeddings.js'
export { categoricalCrossentropy, sparseCategoricalCrossentropy } from './nn/losses/categorical-crossentropy.js'
export { cct } from './nn/models/cct.js'
export { cifarCnn } from './nn/models/cifar-cnn.js'
export { convNeXt } from './nn/models/convnext.js'
export { densenet } from './nn/models/densenet.js'
export { efficientNet } from './nn/models/efficientnet.js'
export { mobileNetV2 } from './nn/models/mobilenet-v2.js'
export { mobileNetV3 } from './nn/models/mobilenet-v3.js'
export { resnet } from './nn/models/resnet.js'
export { resnetCifar } from './nn/models/resnet-cifar.js'
export { vgg } from './nn/models/vgg.js'
export { visionTransformer } from './nn/models/vision-transformer.js'
export { wideResnet } from './nn/models/wide-resnet.js'
export { type Network, network, sequential } from './nn/network.js'
export { l1, l1l2, l2 } from './nn/regularizers.js'
export { type Layer, layer } from './nn/scope.js'
// Optimizers and schedules
export { adam, adamW } from './optim/adam.js'
export { type Averaging, ema, swa } from './optim/averaging.js'
export { lamb } from './optim/lamb.js'
export { lion } from './optim/lion.js'
export { lookahead } from './optim/lookahead.js'
export { muon } from './optim/muon.js'
export { rmsprop } from './optim/rmsprop.js'
export {
  constantRate,
  cosineDecay,
  exponentialDecay,
  linearDecay,
  oneCycle,
  stepDecay,
  warmUp,
} from './optim/schedules.js'
export { sgd } from './optim/sgd.js'
export { diagnoseFitted as diagnose, report } from './runs/report-fitted.js'
// Training
export {
  type Callback,
  csvLogger,
  earlyStopping,
  learningRateScheduler,
  modelCheckpoint,
  reduceLROnPlateau,
  tensorBoard,
  terminateOnNaN,
} from './train/callbacks/index.js'
export { type FitOptions, type Fitted, fit } from './train/fit-network.js'
export { parseRecipe, type Recipe } from './train/recipe.js'
export { recipeNamed, recipeNames } from './train/recipes/index.js'
