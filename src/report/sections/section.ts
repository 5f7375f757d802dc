import type { Html } from '../html.js'
import type { ReportInput } from '../input.js'

export interface Page extends ReportInput {
  /** A chart made ready for the page, or undefined where there was nothing to draw. `label` says what it shows. */
  chart(name: string, label: string): Html | undefined
}

export interface Section {
  id: string
  title: string
  /** The content below the heading; undefined where the run has nothing to say here, and the section is left out. */
  render(page: Page): Html | undefined
}
