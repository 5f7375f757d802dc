import { encode } from 'fast-png'
import sharp from 'sharp'
import { FoveaError, messageOf, UsageError } from '../../core/errors.js'

export interface DecodeOptions {
  /** Size of the result, pixels; without both, the image keeps its own size. */
  height?: number | undefined
  width?: number | undefined
  /** cover: fill and cut the rest; contain: whole image on black; stretch: ignore the aspect. Default cover. */
  fit?: 'cover' | 'contain' | 'stretch' | undefined
  /** A larger image is refused before it is decoded: a small file can hold a very large one. */
  maxPixels?: number | undefined
}

export interface DecodedImage {
  /** uint8 [3, height, width], planar RGB. */
  pixels: Uint8Array
  height: number
  width: number
}

/** 8192 x 8192: above any camera of today's phones at full size, and 200 MB when decoded. */
export const DEFAULT_MAX_PIXELS = 2 ** 26

const fits = { cover: 'cover', contain: 'contain', stretch: 'fill' } as const

/** Interleaved RGB -> planar. */
function toPlanar(interleaved: Uint8Array, area: number): Uint8Array {
  const planar = new Uint8Array(area * 3)
  for (let p = 0, from = 0; p < area; p++, from += 3) {
    planar[p] = interleaved[from]!
    planar[area + p] = interleaved[from + 1]!
    planar[2 * area + p] = interleaved[from + 2]!
  }
  return planar
}

/** Decodes and also says the size of the result; see `decodeImage`. */
export async function decodeSized(source: string | Uint8Array, options: DecodeOptions = {}): Promise<DecodedImage> {
  const { height, width, fit = 'cover', maxPixels = DEFAULT_MAX_PIXELS } = options
  const where = typeof source === 'string' ? `image ${source}` : 'image'
  const sides = [height, width].filter(side => side !== undefined)
  if (sides.length === 1 || sides.some(side => !Number.isInteger(side) || side < 1))
    throw new UsageError({
      where,
      expected: 'a whole height and width of at least 1',
      received: `${height} x ${width}`,
    })
  try {
    const input = sharp(source, { limitInputPixels: maxPixels, failOn: 'error', autoOrient: true })
    const sized = height && width ? input.resize({ height, width, fit: fits[fit], background: '#000' }) : input
    const { data, info } = await sized
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    if (info.channels !== 3) throw new Error(`${info.channels} channels`)
    return { pixels: toPlanar(data, info.width * info.height), height: info.height, width: info.width }
  } catch (error) {
    const large = /pixel limit/i.test(messageOf(error))
    throw new FoveaError(
      {
        where,
        expected: large ? `at most ${maxPixels} pixels` : 'a PNG, JPEG, WebP, GIF, TIFF or AVIF image',
        received: messageOf(error).replaceAll('\n', ' '),
        fix: large ? 'make the image smaller' : 'open it in an image viewer; export it again or remove it',
      },
      { cause: error },
    )
  }
}

/**
 * Any common image file, or its bytes, as uint8 planar RGB [3, height, width]. Turned as its EXIF says, converted to
 * sRGB, transparency dropped (as Pillow's convert('RGB') does), the first frame of an animation. Resized with Lanczos.
 */
export const decodeImage = async (source: string | Uint8Array, options?: DecodeOptions): Promise<Uint8Array> =>
  (await decodeSized(source, options)).pixels

/** uint8 planar [C, H, W], C = 1 or 3, as the bytes of a PNG file. */
export function encodePng(planar: Uint8Array, channels: number, height: number, width: number): Uint8Array {
  const area = height * width
  if ((channels !== 1 && channels !== 3) || planar.length !== channels * area)
    throw new UsageError({
      where: 'encodePng',
      expected: '1 or 3 planes of height x width bytes',
      received: `${planar.length} bytes for [${channels}, ${height}, ${width}]`,
    })
  const data = new Uint8Array(planar.length)
  for (let p = 0, to = 0; p < area; p++) for (let c = 0; c < channels; c++) data[to++] = planar[c * area + p]!
  return encode({ width, height, data, channels, depth: 8 })
}
