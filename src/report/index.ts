export type { Chart, GalleryImage, Provenance, Report, ReportInput } from './input.js'
export { renderReport } from './render-report.js'
export { type ReportFile, reportFiles } from './report-files.js'
