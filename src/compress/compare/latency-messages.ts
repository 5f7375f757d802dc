/** What the process that holds one classifier is told. */
export type ToLatency =
  | { type: 'open'; path: string; threads: number }
  | { type: 'time'; batchSize: number; runs: number }

/** What it answers, one message for one. */
export type FromLatency =
  | { type: 'opened' }
  | { type: 'timed'; durationsMs: number[]; peakRssBytes: number }
  | { type: 'failed'; message: string }
