import { createRequire } from 'node:module'
import { Resvg } from '@resvg/resvg-js'
import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'
import type { Chart } from '../input.js'
import { palette } from '../palette.js'

/** Fonts travel with the package: the same pixels on every machine, whatever fonts it has. */
const require = createRequire(import.meta.url)
const fontFiles = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map(file => require.resolve(`dejavu-fonts-ttf/ttf/${file}`))
const FONT = 'DejaVu Sans, system-ui, sans-serif'

export const SIZE = { width: 480, height: 290 }

const config = {
  font: FONT,
  background: palette.paper,
  // The page gives every chart a label of its own; hundreds of unnamed marks only tire a screen reader.
  aria: false,
  view: { stroke: null },
  axis: {
    labelFontSize: 13,
    titleFontSize: 13,
    titleFontWeight: 'normal',
    labelColor: palette.muted,
    titleColor: palette.muted,
    gridColor: palette.line,
    domain: false,
    ticks: false,
    labelPadding: 6,
    titlePadding: 8,
  },
  legend: { labelFontSize: 13, labelColor: palette.ink, title: null, orient: 'top', symbolStrokeWidth: 2.5, offset: 6 },
  title: { fontSize: 15, anchor: 'start', color: palette.ink, offset: 10 },
} as const

/** Draws a Vega-Lite chart as SVG and, from that SVG, as PNG at twice its size. */
export async function drawChart(name: string, spec: object): Promise<Chart> {
  const whole = { ...SIZE, padding: 8, autosize: { type: 'fit', contains: 'padding' }, ...spec, config }
  const view = new View(parse(compile(whole as TopLevelSpec).spec), { renderer: 'none' })
  const svg = await view.toSVG()
  view.finalize()
  const drawing = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: 2 },
    font: { loadSystemFonts: false, fontFiles, defaultFontFamily: 'DejaVu Sans' },
  })
  return { name, svg, png: drawing.render().asPng() }
}
