import type { Mistake } from '../evaluate/result.js'

/** Where the images of one cell of the confusion matrix are to be found in the page. */
export const pairId = ({ label, predicted }: Pick<Mistake, 'label' | 'predicted'>): string =>
  `taken-${label}-${predicted}`
