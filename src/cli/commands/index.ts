import type { Command } from '@commander-js/extra-typings'
import { addBench } from './bench.js'
import { addCompare } from './compare.js'
import { addData } from './data.js'
import { addDiagnose } from './diagnose.js'
import { addDistill } from './distill.js'
import { addEvaluate } from './evaluate.js'
import { addExport } from './export.js'
import { addFinetune } from './finetune.js'
import { addLrFind } from './lr-find.js'
import { addPredict } from './predict.js'
import { addPrune } from './prune.js'
import { addQuantize } from './quantize.js'
import { addRecipes } from './recipes.js'
import { addReport } from './report.js'
import { addStart } from './start.js'
import { addTrain } from './train.js'

/** What main read from outside. */
export interface CommandContext {
  environment: NodeJS.ProcessEnv
  /** XDG_CACHE_HOME. */
  cacheHome: string | undefined
  /** No terminal to repaint: one line at a time. */
  plain: boolean
  setExitCode(code: 'done' | 'failed' | 'interrupted'): void
}

export type AddCommand = (program: Command, context: CommandContext) => void

/** In the order of `fovea --help`. */
export const commands: readonly AddCommand[] = [
  addStart,
  addData,
  addTrain,
  addLrFind,
  addEvaluate,
  addPredict,
  addDiagnose,
  addReport,
  addFinetune,
  addPrune,
  addDistill,
  addCompare,
  addQuantize,
  addExport,
  addRecipes,
  addBench,
]
