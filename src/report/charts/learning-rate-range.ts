import type { RangeResult } from '../../train/learning-rate-range.js'
import type { Chart } from '../input.js'
import { palette } from '../palette.js'
import { drawChart } from './draw.js'

/** Loss over learning rate, single steps and smoothed, with the two rates that it suggests as lines. */
export function learningRateRangeSpec({ points, steepest, tenthOfDivergence }: RangeResult): object {
  const finite = points.filter(({ loss, smoothedLoss }) => Number.isFinite(loss) && Number.isFinite(smoothedLoss))
  const highest = 1.2 * Math.max(...finite.slice(0, 5).map(({ smoothedLoss }) => smoothedLoss))
  const x = {
    field: 'learningRate',
    type: 'quantitative',
    title: 'learning rate',
    scale: { type: 'log', nice: false },
    axis: { format: '~g', tickCount: 6, grid: false },
  }
  const y = (field: string): object => ({
    field,
    type: 'quantitative',
    title: null,
    // Where the loss diverges it leaves the picture: the part before is what is looked at.
    scale: { zero: false, domainMax: highest },
    axis: { format: '~g', tickCount: 6 },
  })
  const marks = [
    { rate: steepest, label: 'steepest descent' },
    { rate: tenthOfDivergence, label: 'divergence / 10' },
  ].filter(({ rate }) => rate !== null)
  return {
    title: 'Learning-rate range test: loss (nats)',
    data: { values: finite },
    layer: [
      {
        mark: { type: 'line', strokeWidth: 1, opacity: 0.4, clip: true, color: palette.muted },
        encoding: { x, y: y('loss') },
      },
      {
        mark: { type: 'line', strokeWidth: 2.2, clip: true, color: palette.validation },
        encoding: { x, y: y('smoothedLoss') },
      },
      {
        data: { values: marks },
        mark: { type: 'rule', strokeWidth: 1.5, strokeDash: [5, 4] },
        encoding: {
          x: { ...x, field: 'rate' },
          color: {
            field: 'label',
            type: 'nominal',
            scale: { domain: marks.map(({ label }) => label), range: [palette.train, palette.right] },
          },
        },
      },
    ],
  }
}

export const drawLearningRateRange = (result: RangeResult): Promise<Chart> =>
  drawChart('lr-find', learningRateRangeSpec(result))
