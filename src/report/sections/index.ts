import { calibration } from './calibration.js'
import { classes } from './classes.js'
import { confusion } from './confusion.js'
import { curves } from './curves.js'
import { diagnosis } from './diagnosis.js'
import { mistakes } from './mistakes.js'
import { notices } from './notices.js'
import { provenance, recipe } from './origin.js'
import type { Section } from './section.js'

/** The report from top to bottom: what is wrong first, how it came about next, where it came from last. */
export const sections: readonly Section[] = [
  diagnosis,
  curves,
  confusion,
  classes,
  calibration,
  mistakes,
  notices,
  recipe,
  provenance,
]
