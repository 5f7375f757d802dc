/**
 * Charts are drawn in these colours; in the page the style sheet maps each of them to a variable, so that a chart
 * follows the reader into dark mode without being drawn twice.
 */
export const palette = {
  paper: '#ffffff',
  ink: '#22262e',
  muted: '#5b6270',
  line: '#e3e1dc',
  train: '#b4530a',
  validation: '#1d5fbf',
  right: '#8fb5ea',
  wrong: '#e08a4f',
} as const

/** From the first layer to the last; each is readable on white and on near-black. */
export const layerColours = ['#3b74c4', '#2f8fa8', '#35946f', '#7d9432', '#b0842a', '#c76a2c', '#c2504a', '#9b5ba9']
