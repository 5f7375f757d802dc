/**
 * data: from disk to batch. Data sets (fetched, verified, cached), image files, random transforms, loaders.
 *
 * Imports core and host. Pixels are uint8 planar [N, C, H, W] throughout: normalisation happens inside the graph.
 */

export { cifar10, cifar10ClassNames, loadCifar10, type PullCifarOptions, pullCifar10 } from './datasets/cifar10.js'
export { loadCifar100, pullCifar100 } from './datasets/cifar100.js'
export { type ImageFolder, type ImageFolderOptions, openImageFolder } from './datasets/image-folder.js'
export { type DatasetName, datasetNames, type OpenDatasetOptions, openDataset, pullDataset } from './datasets/index.js'
export { type DecodeOptions, decodeImage, encodePng } from './image/decode.js'
export { classCounts, type Dataset, type ImageSet, image, imageSet, split, subset } from './image-set.js'
export {
  type Batch,
  createLoader,
  type EvaluationBatch,
  evaluationBatches,
  type Loader,
  type LoaderOptions,
} from './loader.js'
export { measureNormalization, type Normalization, normalizations } from './normalization.js'
export type { OnProgress, PullProgress } from './sources/progress.js'
export { archiveSource, type PullResult, type PullSource } from './sources/pull.js'
export * from './transforms/index.js'
