// What a page does with an exported TensorFlow.js model: plain JavaScript, as it runs there.

/** Probabilities of the images at `images`, which lie channels last; and the backend that had every kernel. */
globalThis.classify = async ({ model, images, shape: [count, height, width, channels], batch }) => {
  const network = await tf.loadGraphModel(model)
  const bytes = new Uint8Array(await (await fetch(images)).arrayBuffer())
  const size = height * width * channels
  const answers = []
  for (let from = 0; from < count; from += batch) {
    const rows = Math.min(batch, count - from)
    const input = tf.tensor4d(
      Int32Array.from(bytes.subarray(from * size, (from + rows) * size)),
      [rows, height, width, channels],
      'int32',
    )
    const output = network.execute({ images: input }, 'probabilities')
    answers.push(...(await output.data()))
    input.dispose()
    output.dispose()
  }
  return answers
}

globalThis.start = async folder => {
  tf.wasm.setWasmPaths(folder)
  await tf.setBackend('wasm')
  await tf.ready()
  return `${tf.version_core} (${tf.getBackend()})`
}
