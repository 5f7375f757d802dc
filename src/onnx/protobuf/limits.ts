/**
 * What a foreign file may ask of the reader. The defaults let through every image classifier in use and keep the
 * memory that a hostile file can claim within a small multiple of its own size.
 */
export interface ReadLimits {
  /** Size of the file. */
  bytes: number
  /** Messages within messages (a subgraph takes three levels). */
  depth: number
  /** Messages, strings and byte fields in all: two bytes of file can make one object in memory. */
  items: number
  /** Numbers outside of raw data: one byte of file can make eight in memory. */
  numbers: number
  /** Bytes of text. */
  text: number
  /** Nodes of the graph. */
  nodes: number
  /** Dimensions of one tensor. */
  rank: number
}

export const defaultLimits: ReadLimits = {
  bytes: 2 ** 31 - 1,
  depth: 32,
  items: 1_000_000,
  numbers: 64_000_000,
  text: 64_000_000,
  nodes: 100_000,
  rank: 32,
}
