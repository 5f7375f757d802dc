import type { Chart, ReportInput } from '../input.js'
import { accuracyChart, gradientNormChart, learningRateChart, lossChart } from './curves.js'
import { drawChart } from './draw.js'
import { calibrationChart, confusionChart } from './matrix.js'

/** Every chart of a report by name: undefined where the run has nothing to draw. */
const table: Record<string, (input: ReportInput) => object | undefined> = {
  loss: ({ summary }) => (summary.loss.length > 0 ? lossChart(summary) : undefined),
  accuracy: ({ summary }) => (summary.accuracy.length > 0 ? accuracyChart(summary) : undefined),
  'learning-rate': ({ summary }) => (summary.learningRate.length > 1 ? learningRateChart(summary) : undefined),
  'gradient-norms': ({ summary: { gradientNorms }, summary }) =>
    gradientNorms.some(({ step }) => step !== gradientNorms[0]!.step) ? gradientNormChart(summary) : undefined,
  confusion: ({ evaluation }) => evaluation && confusionChart(evaluation),
  calibration: ({ evaluation }) => evaluation && calibrationChart(evaluation),
}

export async function drawCharts(input: ReportInput): Promise<Chart[]> {
  const charts: Chart[] = []
  for (const [name, specOf] of Object.entries(table)) {
    const spec = specOf(input)
    if (spec) charts.push(await drawChart(name, spec))
  }
  return charts
}
