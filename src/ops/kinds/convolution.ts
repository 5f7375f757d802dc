import { FoveaError } from '../../core/errors.js'
import { concrete, type Dim, formatShape, sizeOf } from '../../core/shape.js'
import type { Attributes, Numbers } from '../../onnx/operator.js'
import { eachTap, heldWindow, imageOf, resolveWindow, type Window } from './window.js'

/** Shapes of one convolution x [N, C, H, W] * w [K, C/g, kh, kw] -> y [N, K, Ho, Wo]; its gradients speak of the same three. */
interface Geometry {
  window: Window
  group: number
  x: readonly number[]
  w: readonly number[]
  y: readonly number[]
}

/**
 * Visits every product of the convolution: y[iy] is the sum of x[ix] · w[iw] over the visits with that iy. The plain
 * meaning of Conv and of both its gradients is this loop with another one of the three on the left.
 */
export function eachProduct(
  { window, group, x, w, y }: Geometry,
  visit: (iy: number, ix: number, iw: number) => void,
): void {
  const [N, C, H, W] = x as [number, number, number, number]
  const [K, Cg, kh, kw] = w as [number, number, number, number]
  const [Ho, Wo] = [y[2]!, y[3]!]
  const Kg = K / group
  const taps: [number, number, number][] = []
  eachTap(window, [H, W], [Ho, Wo], (output, cell, tap) => taps.push([output, cell, tap]))
  for (let n = 0; n < N; n++)
    for (let k = 0; k < K; k++)
      for (let c = 0; c < Cg; c++) {
        const iy = (n * K + k) * Ho * Wo
        const ix = (n * C + Math.floor(k / Kg) * Cg + c) * H * W
        const iw = (k * Cg + c) * kh * kw
        for (const [output, cell, tap] of taps) visit(iy + output, ix + cell, iw + tap)
      }
}

/** An array of zeros of a shape, filled by `fill`. */
export function filled(shape: readonly Dim[], fill: (data: Float64Array) => void): Numbers[] {
  const size = concrete(shape, 'evaluate')
  const data = new Float64Array(sizeOf(size))
  fill(data)
  return [{ shape: size, data }]
}

/** The window of a convolution node over images [N, C, H, W] with weights [K, C/g, kh, kw]. */
export function convWindow(attributes: Attributes, image: readonly Dim[], w: readonly Dim[], where: string): Window {
  const size = imageOf(image, where)
  if (w.length !== 4) throw new FoveaError({ where, expected: 'weights of rank 4', received: formatShape(w) })
  return resolveWindow(attributes, size, concrete(w.slice(2), where), where)
}

/** Refuses weights [K, C/g, ...] that do not fit `channels` channels (C) in `group` groups. */
export function checkGroups(channels: Dim, w: readonly Dim[], group: number, where: string): void {
  const [K, perGroup] = w as [number, number]
  if (channels === perGroup * group && K % group === 0) return
  throw new FoveaError({
    where,
    expected: `weights [K, ${Number(channels) / group}, kh, kw] for ${channels} channels, K a multiple of ${group} (group)`,
    received: formatShape(w),
  })
}

/** Refuses a bias that is not one number per output channel. */
export function checkBias(bias: readonly Dim[] | undefined, channels: Dim, where: string): void {
  if (!bias || (bias.length === 1 && bias[0] === channels)) return
  throw new FoveaError({ where, expected: `a bias of shape [${channels}]`, received: formatShape(bias) })
}

/** Attributes every convolution gradient holds, and the builders' options for them. */
export const gradientAttributes = {
  dilations: { type: 'ints' },
  group: { type: 'int' },
  kernel_shape: { type: 'ints' },
  pads: { type: 'ints' },
  strides: { type: 'ints' },
} as const

/** Window and group of a convolution: what its gradients need to know. */
export interface ConvFacts extends Window {
  group: number
}

export const heldFacts = (attributes: Attributes): ConvFacts => ({
  ...heldWindow(attributes),
  group: attributes.group as number,
})
