import type { Stepper } from './fit-host.js'
import type { StepInput, StepResult } from './step-runner.js'
import type { WeightMap } from './weights.js'

/** Images are this size until so much of the run is done. */
export interface ResizingPhase {
  size: number
  /** Share of the run in (0, 1]. */
  until: number
}

/** A stepper for one image size, and what gives its memory back. */
export interface SizedStepper {
  stepper: Stepper
  release(): Promise<void>
}

/** Image size of a step; after the last phase the images' own (undefined). */
export const sizeAt = (phases: readonly ResizingPhase[], step: number, totalSteps: number): number | undefined =>
  phases.find(({ until }) => step < until * totalSteps)?.size

/**
 * Trains on small images first and on larger ones later (Howard 2018, fast.ai's DAWNBench entry): a step of the small
 * ones is cheap, and the weights do not know the size. One step graph per size, never two at a time in memory.
 */
export class ResizingStepper implements Stepper {
  private constructor(
    private readonly build: (size: number | undefined, weights: WeightMap) => Promise<SizedStepper>,
    private readonly sizeOf: (step: number) => number | undefined,
    private size: number | undefined,
    private current: SizedStepper,
  ) {}

  static async create(
    build: (size: number | undefined, weights: WeightMap) => Promise<SizedStepper>,
    sizeOf: (step: number) => number | undefined,
    step: number,
    weights: WeightMap,
  ): Promise<ResizingStepper> {
    const size = sizeOf(step)
    return new ResizingStepper(build, sizeOf, size, await build(size, weights))
  }

  async step(input: StepInput): Promise<StepResult> {
    const size = this.sizeOf(input.step)
    if (size !== this.size) {
      const weights = this.read()
      await this.current.release()
      this.current = await this.build(size, weights)
      this.size = size
    }
    return this.current.stepper.step(input)
  }

  read(): WeightMap {
    return this.current.stepper.read()
  }

  peek(name: string): Float32Array {
    return this.current.stepper.peek(name)
  }

  write(weights: WeightMap): void {
    this.current.stepper.write(weights)
  }

  release(): Promise<void> {
    return this.current.release()
  }
}
