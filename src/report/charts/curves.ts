import type { EpochPoint, RunSummary } from '../../evaluate/run-summary.js'
import { layerColours, palette } from '../palette.js'

/** What kernels have in common says nothing about which is which. */
const SHORT_NAME = "replace(datum.label, /[./](kernel|weight)$/, '')"

const wholeNumbers = { tickMinStep: 1, format: 'd', grid: false }

/** Training and validation by epoch. */
function trainAndValidation(title: string, points: readonly EpochPoint[], format: string): object {
  const values = points.flatMap(({ epoch, train, validation }) => [
    { epoch, split: 'training', value: train },
    ...(validation === undefined ? [] : [{ epoch, split: 'validation', value: validation }]),
  ])
  return {
    title,
    data: { values },
    mark: { type: 'line', strokeWidth: 2.2, point: points.length <= 30 ? { size: 16, filled: true } : false },
    encoding: {
      x: { field: 'epoch', type: 'quantitative', title: 'epoch', axis: wholeNumbers, scale: { nice: false } },
      y: { field: 'value', type: 'quantitative', title: null, axis: { format, tickCount: 6 }, scale: { zero: false } },
      color: {
        field: 'split',
        type: 'nominal',
        scale: { domain: ['training', 'validation'], range: [palette.train, palette.validation] },
      },
    },
  }
}

export const lossChart = (summary: RunSummary): object => trainAndValidation('Loss (nats)', summary.loss, '~g')

export const accuracyChart = (summary: RunSummary): object => trainAndValidation('Accuracy', summary.accuracy, '.0%')

export const learningRateChart = (summary: RunSummary): object => ({
  title: 'Learning rate',
  data: { values: summary.learningRate },
  mark: { type: 'line', strokeWidth: 2.2, interpolate: 'step-after', color: palette.validation },
  encoding: {
    x: {
      field: 'step',
      type: 'quantitative',
      title: 'step',
      axis: { format: '~s', grid: false, tickCount: 6 },
      scale: { nice: false },
    },
    y: { field: 'learningRate', type: 'quantitative', title: null, axis: { format: '~g', tickCount: 5 } },
  },
})

export function gradientNormChart(summary: RunSummary): object {
  const parameters = [...new Set(summary.gradientNorms.map(({ parameter }) => parameter))]
  const range = parameters.map(
    (_, i) => layerColours[Math.round((i * (layerColours.length - 1)) / Math.max(1, parameters.length - 1))],
  )
  return {
    title: 'Gradient norms by parameter',
    data: { values: summary.gradientNorms },
    mark: { type: 'line', strokeWidth: 1.3, opacity: 0.9 },
    encoding: {
      x: {
        field: 'step',
        type: 'quantitative',
        title: 'step',
        axis: { format: '~s', grid: false, tickCount: 6 },
        scale: { nice: false },
      },
      y: {
        field: 'norm',
        type: 'quantitative',
        title: null,
        scale: { type: 'log' },
        axis: { format: '~g', tickCount: 4, grid: false },
      },
      color: {
        field: 'parameter',
        type: 'nominal',
        scale: { domain: parameters, range },
        legend: { columns: 3, labelLimit: 140, labelExpr: SHORT_NAME },
      },
    },
  }
}
