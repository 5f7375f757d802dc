import type { Fault } from '../finding.js'
import { classCollapse } from './class-collapse.js'
import { deadRelus } from './dead-relus.js'
import { explodingGradients } from './exploding-gradients.js'
import { learningRateTooHigh } from './learning-rate-too-high.js'
import { learningRateTooLow } from './learning-rate-too-low.js'
import { miscalibration } from './miscalibration.js'
import { notANumber } from './not-a-number.js'
import { overfitting } from './overfitting.js'
import { slowTraining } from './slow-training.js'
import { testSetAsValidation } from './test-set-as-validation.js'
import { underfitting } from './underfitting.js'
import { validationAboveTraining } from './validation-above-training.js'
import { validationLossJump } from './validation-loss-jump.js'
import { vanishingGradients } from './vanishing-gradients.js'
import { weakClasses } from './weak-classes.js'

/** Every fault that Fovea knows, in the order in which findings are told: what breaks training first, tuning last. */
export const faults: readonly Fault[] = [
  notANumber,
  explodingGradients,
  vanishingGradients,
  deadRelus,
  learningRateTooHigh,
  learningRateTooLow,
  classCollapse,
  underfitting,
  overfitting,
  testSetAsValidation,
  validationLossJump,
  validationAboveTraining,
  weakClasses,
  miscalibration,
  slowTraining,
]
