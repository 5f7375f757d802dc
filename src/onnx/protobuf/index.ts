export { type DecodedModel, type DecodeOptions, decodeModel } from './decode.js'
export { type EncodeOptions, encodeModel, encodeModelChunks } from './encode.js'
export { defaultLimits, type ReadLimits } from './limits.js'
export { type ScannedModel, type ScannedValue, scanModel } from './scan.js'
