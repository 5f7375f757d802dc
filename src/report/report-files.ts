import type { Report } from './input.js'

export interface ReportFile {
  /** Below the directory of the run, with forward slashes. */
  path: string
  content: string | Uint8Array
}

/**
 * The files of a report, for the room that writes: `charts/<name>.svg` and `.png`, then `report.html`. Written in this
 * order, each whole or not at all, a new page never stands beside old charts.
 */
export const reportFiles = ({ html, charts }: Report): ReportFile[] => [
  ...charts.flatMap(({ name, svg, png }) => [
    { path: `charts/${name}.svg`, content: svg },
    { path: `charts/${name}.png`, content: png },
  ]),
  { path: 'report.html', content: html },
]
