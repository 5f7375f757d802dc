/** Images uint8 [N, C, H, W] of `area` = H · W pixels as [N, H, W, C]. */
export function toChannelsLast(images: Uint8Array, channels: number, area: number): Uint8Array {
  const size = channels * area
  const ordered = new Uint8Array(images.length)
  for (let from = 0; from < images.length; from += size)
    for (let c = 0; c < channels; c++)
      for (let p = 0; p < area; p++) ordered[from + p * channels + c] = images[from + c * area + p]!
  return ordered
}
