import type { Classifier } from '../../src/classifier/classifier.js'
import { readModel } from '../../src/export/formats/tflite/read-model.js'
import { writeTflite } from '../../src/export/formats/tflite/write.js'
import { sampleClassifier, sampleImages, sampleNetworks } from '../../src/export/testing/sample-networks.js'
import { decodeModel, scanModel } from '../../src/onnx/protobuf/index.js'
import { operators } from '../../src/ops/index.js'

/** A whole file and the reader that gets its mutations. */
export interface Seed {
  name: string
  file: Uint8Array
  read(file: Uint8Array): unknown
}

function readOnnx(file: Uint8Array): unknown {
  scanModel(file)
  return decodeModel(file, { operators })
}

/** Files as Fovea writes them: every sample network in ONNX and in TFLite of three precisions. */
export async function seeds(): Promise<Seed[]> {
  const { images, labels, count } = sampleImages(6)
  const set = {
    name: 'sample',
    shape: [3, 8, 8] as const,
    classNames: Array.from({ length: 5 }, (_, c) => `class ${c}`),
    count,
    images,
    labels: Uint8Array.from(labels!),
  }
  const tflite = (classifier: Classifier) =>
    Promise.all(
      (['fp32', 'fp16', 'int8'] as const).map(precision =>
        writeTflite(classifier, { precision, layout: 'nhwc', calibration: async () => set }),
      ),
    )
  const made: Seed[] = []
  for (const [name, layer] of Object.entries(sampleNetworks)) {
    const classifier = sampleClassifier(layer)
    made.push({ name: `${name}, onnx`, file: classifier.model, read: readOnnx })
    for (const file of await tflite(classifier)) made.push({ name: `${name}, tflite`, file, read: readModel })
  }
  return made
}
