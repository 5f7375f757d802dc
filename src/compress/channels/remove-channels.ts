import { FoveaError } from '../../core/errors.js'
import { type Shape, sizeOf } from '../../core/shape.js'
import { type Tensor, tensor } from '../../core/tensor.js'
import type { Channel, Makers } from './channel-groups.js'

type Weights = ReadonlyMap<string, Tensor>

/** Places that go, by weight and axis. */
type Removed = Map<string, Map<number, Set<number>>>

function removedPlaces(channels: readonly Channel[]): Removed {
  const removed: Removed = new Map()
  for (const { weight, axis, indices } of channels.flatMap(channel => channel.slices)) {
    const axes = removed.get(weight) ?? new Map<number, Set<number>>()
    removed.set(weight, axes)
    const places = axes.get(axis) ?? new Set<number>()
    axes.set(axis, places)
    for (const index of indices) places.add(index)
  }
  return removed
}

/** Calls `visit` with the flat index of every number that lies in a removed place, or in none. */
function forEachNumber(
  { shape }: Tensor,
  axes: ReadonlyMap<number, ReadonlySet<number>>,
  visit: (flat: number, goes: boolean) => void,
): void {
  const index = new Array<number>(shape.length).fill(0)
  for (let flat = 0; flat < sizeOf(shape); flat++) {
    let goes = false
    for (const [axis, places] of axes) goes ||= places.has(index[axis]!)
    visit(flat, goes)
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0
  }
}

const shapeWithout = (shape: Shape, axes: ReadonlyMap<number, ReadonlySet<number>> | undefined): Shape =>
  shape.map((size, axis) => size - (axes?.get(axis)?.size ?? 0))

/** Shapes of the weights without these channels. */
export function shapesWithout(weights: Weights, channels: readonly Channel[]): Map<string, Shape> {
  const removed = removedPlaces(channels)
  return new Map([...weights].map(([name, { shape }]) => [name, shapeWithout(shape, removed.get(name))]))
}

/** Really smaller tensors: the weights without these channels. */
export function removeChannels(weights: Weights, channels: readonly Channel[]): Map<string, Tensor> {
  const removed = removedPlaces(channels)
  return new Map(
    [...weights].map(([name, held]) => {
      const axes = removed.get(name)
      if (!axes) return [name, held]
      const kept = tensor(held.dtype, shapeWithout(held.shape, axes))
      const [from, to] = [held.data as Float32Array, kept.data as Float32Array]
      let at = 0
      forEachNumber(held, axes, (flat, goes) => {
        if (!goes) to[at++] = from[flat]!
      })
      return [name, kept]
    }),
  )
}

/** Weights of the same shapes in which these channels do nothing: what makes them, carries them and reads them is 0. */
export function silenceChannels(weights: Weights, channels: readonly Channel[]): Map<string, Tensor> {
  const removed = removedPlaces(channels)
  return new Map(
    [...weights].map(([name, held]) => {
      const axes = removed.get(name)
      if (!axes) return [name, held]
      const silent = tensor(held.dtype, held.shape, held.data.slice())
      forEachNumber(held, axes, (flat, goes) => {
        if (goes) silent.data[flat] = 0
      })
      return [name, silent]
    }),
  )
}

/** How many channels each layer keeps, where that changed. */
export function widthsWithout(
  widths: ReadonlyMap<string, number>,
  makers: Makers,
  channels: readonly Channel[],
): Record<string, number> {
  const removed = removedPlaces(channels)
  const changed: Record<string, number> = {}
  for (const [layer, width] of widths) {
    const maker = makers.get(layer)
    const gone = maker && removed.get(maker.weight)?.get(maker.axis)?.size
    if (!gone) continue
    if (gone >= width)
      throw new FoveaError({
        where: `layer '${layer}'`,
        expected: 'channels that remain',
        received: `all ${width} of them to be removed`,
        fix: 'a lower --sparsity',
      })
    changed[layer] = width - gone
  }
  return changed
}
