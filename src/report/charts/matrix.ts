import type { EvaluationResult } from '../../evaluate/result.js'
import { palette } from '../palette.js'

/** Counts fit into cells, and names beside them, for this many classes. */
const READABLE_CLASSES = 25

/**
 * Right answers in one hue, mistakes in another, each on a square-root scale: one mistake in a hundred must be visible
 * beside a thousand right answers.
 */
export function confusionChart({ confusion, classNames }: EvaluationResult): object {
  const values = confusion.flatMap((row, t) => row.map((n, p) => ({ t, p, n, right: t === p })))
  const readable = classNames.length <= READABLE_CLASSES
  const size = readable ? Math.max(420, 46 * classNames.length) : 640
  const name = `${JSON.stringify(classNames)}[datum.value]`
  const axis = readable ? { labelExpr: name, labelLimit: 110, grid: false } : { labels: false, grid: false }
  const layer = (right: boolean, colour: string) => ({
    transform: [{ filter: right ? 'datum.right' : '!datum.right' }],
    mark: { type: 'rect', stroke: palette.paper, strokeWidth: readable ? 1 : 0 },
    encoding: {
      color: {
        field: 'n',
        type: 'quantitative',
        scale: { type: 'sqrt', interpolate: 'rgb', range: [palette.paper, colour], domainMin: 0 },
        legend: null,
      },
    },
  })
  const counts = { mark: { type: 'text', fontSize: 11, color: palette.ink }, encoding: { text: { field: 'n' } } }
  return {
    title: 'Confusion matrix',
    width: size,
    height: size,
    data: { values },
    encoding: {
      x: { field: 'p', type: 'ordinal', title: 'predicted', axis: { ...axis, labelAngle: -45 } },
      y: { field: 't', type: 'ordinal', title: 'true', axis },
    },
    layer: [layer(false, palette.wrong), layer(true, palette.right), ...(readable ? [counts] : [])],
    resolve: { scale: { color: 'independent' } },
  }
}

/** Accuracy of each confidence bin; a calibrated network follows the diagonal (Guo et al. 2017, figure 1). */
export function calibrationChart({ reliability }: EvaluationResult): object {
  const bins = reliability.filter(({ count }) => count > 0)
  const share = { type: 'quantitative', scale: { domain: [0, 1] }, axis: { format: '.0%', tickCount: 6 } }
  return {
    title: 'Reliability: accuracy by confidence',
    layer: [
      {
        data: { values: bins },
        mark: { type: 'bar', color: palette.right, stroke: palette.paper },
        encoding: {
          x: { ...share, field: 'lower', title: 'confidence', axis: { ...share.axis, grid: false } },
          x2: { field: 'upper' },
          y: { ...share, field: 'accuracy', title: null },
          y2: { datum: 0 },
        },
      },
      {
        data: { values: [{ at: 0 }, { at: 1 }] },
        mark: { type: 'line', strokeDash: [5, 4], color: palette.muted, strokeWidth: 1.3 },
        encoding: { x: { field: 'at', type: 'quantitative' }, y: { field: 'at', type: 'quantitative' } },
      },
      {
        data: { values: bins },
        mark: { type: 'point', filled: true, size: 34, color: palette.validation, opacity: 1 },
        encoding: { x: { field: 'confidence', type: 'quantitative' }, y: { field: 'accuracy', type: 'quantitative' } },
      },
    ],
  }
}
