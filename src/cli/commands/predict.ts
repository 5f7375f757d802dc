import { printJson, wholeNumber } from '../options.js'
import type { AddCommand } from './index.js'

export const addPredict: AddCommand = program => {
  program
    .command('predict')
    .description('classify images of any size and common format')
    .argument('<run>', 'run directory, or model.onnx')
    .argument('<image...>', 'image files')
    .option('--top-k <k>', 'classes to name for each image', wholeNumber(1), 3)
    .option('--json', 'one JSON object as the last line of stdout')
    .action(async (path, images, { topK, json }) => {
      const { predictFiles } = await import('../../runs/predict-files.js')
      const predictions = await predictFiles(path, images, topK)
      if (json) return printJson({ predictions })
      for (const { image, classes } of predictions) {
        const named = classes.map(c => `${c.className} ${(100 * c.probability).toFixed(1)} %`)
        process.stdout.write(`${image}: ${named.join(', ')}\n`)
      }
    })
}
