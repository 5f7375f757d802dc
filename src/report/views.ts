import type { EvaluationResult } from '../evaluate/result.js'

/** How a sentence about an accuracy names the views that were averaged; nothing where there is one. */
export const viewsInWords: Readonly<Record<EvaluationResult['testTimeAugmentation'], string>> = {
  none: '',
  mirror: ', each with its mirror image, averaged',
  'mirror-and-shifts': ', each with its mirror image and both shifted by a pixel, averaged',
}
