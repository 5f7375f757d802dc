import { drawCharts } from './charts/index.js'
import type { Report, ReportInput } from './input.js'
import { renderPage } from './page.js'

/**
 * The report of a run: one self-contained page, and its charts as SVG and PNG for use elsewhere. Renders what it is
 * given and computes no result. The same input gives the same bytes.
 */
export async function renderReport(input: ReportInput): Promise<Report> {
  const charts = await drawCharts(input)
  return { html: renderPage(input, charts), charts }
}
