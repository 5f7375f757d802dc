import { predict, type RankedClass, topClasses } from '../classifier/predict.js'
import { decodeImage } from '../data/image/decode.js'
import { openClassifier } from './open-classifier.js'

export interface FilePrediction {
  image: string
  /** Most probable first. */
  classes: RankedClass[]
}

/** Images on disk, brought to the classifier's size, through the same file that ships. */
export async function predictFiles(path: string, images: readonly string[], topK: number): Promise<FilePrediction[]> {
  const { classifier } = await openClassifier(path)
  const [, height, width] = classifier.inputShape
  const predictions: FilePrediction[] = []
  for (const image of images) {
    const pixels = await decodeImage(image, { height, width })
    const row = await predict(classifier, pixels)
    predictions.push({ image, classes: topClasses(row, classifier.classNames, topK) })
  }
  return predictions
}
