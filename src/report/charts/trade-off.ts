import { palette } from '../palette.js'

export interface TradeOffPoint {
  name: string
  /** What the accuracy costs. */
  cost: number
  accuracy: number
  low: number
  high: number
}

/** Accuracy with its interval against what it costs, one point for each classifier. */
export function tradeOffChart(
  title: string,
  costTitle: string,
  costFormat: string,
  points: readonly TradeOffPoint[],
): object {
  const costs = points.map(({ cost }) => cost)
  const [least, most] = [Math.min(...costs), Math.max(...costs)]
  const x = {
    field: 'cost',
    type: 'quantitative',
    title: costTitle,
    // Room at the right for the last name.
    scale: { type: 'log', domain: [least / 1.3, most * 1.3 * (most / least) ** 0.25], nice: false },
    axis: { format: costFormat, tickCount: 5, grid: false },
  }
  const y = {
    type: 'quantitative',
    title: 'test accuracy',
    scale: { zero: false },
    axis: { format: '.1%', tickCount: 6 },
  }
  return {
    title,
    data: { values: points },
    layer: [
      {
        mark: { type: 'rule', color: palette.right, strokeWidth: 2 },
        encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' } },
      },
      {
        mark: { type: 'point', filled: true, size: 70, opacity: 1, color: palette.validation },
        encoding: { x, y: { ...y, field: 'accuracy' } },
      },
      {
        mark: { type: 'text', align: 'left', dx: 9, fontSize: 12, color: palette.ink, limit: 150 },
        encoding: { x, y: { ...y, field: 'accuracy' }, text: { field: 'name' } },
      },
    ],
  }
}
