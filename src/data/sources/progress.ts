/** What a pull tells while it works; cli turns it into a line or a bar. */
export interface PullProgress {
  stage: 'notice' | 'download' | 'unpack' | 'verify' | 'decode'
  /** One line for people. */
  message: string
  /** Bytes or images so far, and in all where known. */
  done?: number
  total?: number | undefined
}

export type OnProgress = (progress: PullProgress) => void
