import type { Value } from '../onnx/ir.js'
import { add } from '../ops/add.js'
import { concat } from '../ops/concat.js'
import { scale } from '../ops/mul.js'
import { reverse, slice } from '../ops/slice.js'

/** Views whose probabilities are averaged. */
export const testTimeAugmentations = ['none', 'mirror', 'mirror-and-shifts'] as const
export type TestTimeAugmentation = (typeof testTimeAugmentations)[number]

interface View {
  /** Share in the mean. */
  weight: number
  mirrored: boolean
  /** Pixels that the content moves down and to the right. */
  shift: -1 | 0 | 1
}

const view = (weight: number, mirrored: boolean, shift: View['shift']): View => ({ weight, mirrored, shift })

const views: Record<TestTimeAugmentation, readonly View[]> = {
  none: [view(1, false, 0)],
  mirror: [view(0.5, false, 0), view(0.5, true, 0)],
  'mirror-and-shifts': [
    view(0.25, false, 0),
    view(0.25, true, 0),
    ...([1, -1] as const).flatMap(shift => [view(0.125, false, shift), view(0.125, true, shift)]),
  ],
}

/** Content moved by one pixel along an axis; the row that comes in mirrors the one beside the edge (padding 'reflect'). */
function shifted(x: Value, axis: number, shift: -1 | 1): Value {
  const size = x.shape[axis] as number
  if (size < 2) return x
  const part = (from: number, to: number): Value => slice(x, { starts: [from], ends: [to], axes: [axis] })
  return shift === 1
    ? concat([part(1, 2), part(0, size - 1)], axis)
    : concat([part(1, size), part(size - 2, size - 1)], axis)
}

function seen(x: Value, { mirrored, shift }: View): Value {
  const moved = shift === 0 ? x : shifted(shifted(x, 2, shift), 3, shift)
  return mirrored ? reverse(moved, [3]) : moved
}

/**
 * Weighted mean of what `classify` gives for each view of the images x [N, C, H, W]. 'mirror-and-shifts' are the six
 * views of airbench (Jordan 2024, arXiv 2404.00498, section 3.5): image and mirror, as they are and shifted by one pixel
 * both ways along the diagonal; the unshifted ones weigh as much as all the others. There logits are averaged, here
 * probabilities, so that a mean over views stays a probability. `own`: the result of the image as it is.
 */
export function averageViews(
  x: Value,
  own: Value,
  kind: TestTimeAugmentation,
  classify: (view: Value) => Value,
): Value {
  const [first, ...others] = views[kind]
  if (!others.length) return own
  return others.reduce((sum, each) => add(sum, scale(classify(seen(x, each)), each.weight)), scale(own, first!.weight))
}
