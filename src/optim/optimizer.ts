import type { Shape } from '../core/shape.js'
import type { Value } from '../onnx/ir.js'

/** What an update rule may know of a parameter. */
export interface UpdatedParameter {
  name: string
  shape: Shape
  role: string
}

export interface UpdateContext {
  parameter: Value
  gradient: Value
  /** The rule's own memory, by slot name, in the parameter's shape. */
  slots: Readonly<Record<string, Value>>
  /** This step's numbers, by the names that `scalars` gives. */
  scalars: Readonly<Record<string, Value>>
  /** False: no weight decay for this parameter. */
  decays: boolean
}

export interface Updated {
  parameter: Value
  slots: Readonly<Record<string, Value>>
}

/**
 * An update rule as a piece of graph. What changes from step to step (learning rate, bias correction) is fed as
 * scalars, so that one graph serves the whole run.
 */
export interface Optimizer {
  readonly name: string
  readonly learningRate: number
  /** 0: none, and then parameters that decay and others may share a vector. */
  readonly weightDecay: number
  readonly slots: readonly string[]
  /** Slots that start as a copy of the parameter; the others start at 0. */
  readonly initialSlots?: Readonly<Record<string, 'parameter'>>
  /** True: each element's update depends on that element alone, so small parameters may share one vector. */
  readonly elementwise: boolean
  /** Numbers fed at step `step` (counted from 1), with the schedule's learning rate. */
  scalars(step: number, learningRate: number): Readonly<Record<string, number>>
  update(context: UpdateContext): Updated
  /** Another rule for some parameters (Muon leaves biases to SGD); undefined: this one. */
  ruleFor?(parameter: UpdatedParameter): Optimizer | undefined
}

/** The rule that updates a parameter. */
export const ruleFor = (optimizer: Optimizer, parameter: UpdatedParameter): Optimizer =>
  optimizer.ruleFor?.(parameter) ?? optimizer

/** Kernels decay; biases, scales and shifts do not (He et al. 2019, "Bag of Tricks", section 3.1). */
export const decays = (parameter: UpdatedParameter): boolean => parameter.role === 'kernel'
