import { cpus, totalmem } from 'node:os'

/** What a figure of speed must be told with. */
export interface MachineFacts {
  processor: string
  cores: number
  memoryBytes: number
  /** System and architecture, as Node names them. */
  platform: string
}

export function machineFacts(): MachineFacts {
  const processors = cpus()
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    platform: `${process.platform} ${process.arch}`,
  }
}
