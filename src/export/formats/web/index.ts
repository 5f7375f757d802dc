import type { ExportFormat } from '../../format.js'
import { openPage } from './runtime.js'
import { writePage } from './write.js'

export const webFormat = {
  name: 'web',
  description: 'a folder with a page that classifies images and the camera in the browser, offline',
  precisions: ['fp32', 'fp16'],
  layouts: ['nchw'],
  choices: [],
  write: writePage,
  openRuntime: openPage,
} as const satisfies ExportFormat
