import { resamplePlane } from './resample.js'

/** The longest side that is read pixel by pixel; a larger image is first made smaller by the browser. */
const LARGEST_SIDE = 2048

/**
 * An image as the network takes it: uint8 planar RGB [3, height, width]. As `fovea predict` does: turned as its EXIF
 * says, scaled to cover the size, the rest cut off evenly, Lanczos. An image of just that size keeps its pixels.
 */
export function pixelsOf(
  source: CanvasImageSource,
  sourceWidth: number,
  sourceHeight: number,
  { height, width }: { height: number; width: number },
): Uint8Array<ArrayBuffer> {
  // The part of the image that is used, in the shape of the result.
  const scale = Math.min(sourceWidth / width, sourceHeight / height)
  const [cutWidth, cutHeight] = [width * scale, height * scale]
  const left = (sourceWidth - cutWidth) / 2
  const top = (sourceHeight - cutHeight) / 2
  const shrink = Math.min(1, LARGEST_SIDE / Math.max(cutWidth, cutHeight))
  const drawn = [Math.max(1, Math.round(cutHeight * shrink)), Math.max(1, Math.round(cutWidth * shrink))] as const
  const canvas = new OffscreenCanvas(drawn[1], drawn[0])
  const context = canvas.getContext('2d', { willReadFrequently: true })!
  context.imageSmoothingQuality = 'high'
  context.drawImage(source, left, top, cutWidth, cutHeight, 0, 0, drawn[1], drawn[0])
  const { data } = context.getImageData(0, 0, drawn[1], drawn[0])
  const area = height * width
  const pixels = new Uint8Array(3 * area)
  for (let c = 0; c < 3; c++) {
    const plane = Float32Array.from({ length: drawn[0] * drawn[1] }, (_, p) => data[4 * p + c]!)
    const same = drawn[0] === height && drawn[1] === width
    const resized = same ? plane : resamplePlane(plane, drawn, [height, width])
    for (let p = 0; p < area; p++) pixels[c * area + p] = Math.min(255, Math.max(0, Math.round(resized[p]!)))
  }
  return pixels
}

/** A file as a bitmap, transparency not multiplied in: `fovea predict` drops it. */
export const bitmapOf = (file: Blob): Promise<ImageBitmap> =>
  createImageBitmap(file, { imageOrientation: 'from-image', premultiplyAlpha: 'none' })

/** What the network sees, drawn into a canvas. */
export function show(pixels: Uint8Array, canvas: HTMLCanvasElement): void {
  const area = canvas.width * canvas.height
  const data = new Uint8ClampedArray(4 * area)
  for (let p = 0; p < area; p++) {
    for (let c = 0; c < 3; c++) data[4 * p + c] = pixels[c * area + p]!
    data[4 * p + 3] = 255
  }
  canvas.getContext('2d')!.putImageData(new ImageData(data, canvas.width, canvas.height), 0, 0)
}
