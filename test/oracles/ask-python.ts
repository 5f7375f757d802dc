import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runScript } from './run-script.js'

/** Scripts that take a file and images.bin in a folder and leave probabilities, and the file names that they know. */
const scripts = {
  onnx: { script: 'classifier_agreement.py', model: 'model.onnx', answers: 'probabilities.bin' },
  tflite: { script: 'export_tflite.py', model: 'model.tflite', answers: 'model.bin' },
}

/** Probabilities that Python's onnxruntime or LiteRT gives for a file as it is on disk, and what it says of itself. */
export function askPython(
  interpreter: string,
  format: keyof typeof scripts,
  file: Uint8Array,
  images: Uint8Array,
): { probabilities: Float32Array; said: string } {
  const { script, model, answers } = scripts[format]
  const folder = mkdtempSync(join(tmpdir(), 'fovea-oracle-'))
  try {
    writeFileSync(join(folder, model), file)
    writeFileSync(join(folder, 'images.bin'), images)
    const said = runScript(interpreter, script, [folder]).trim()
    const bytes = readFileSync(join(folder, answers))
    return {
      probabilities: new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)),
      said,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
