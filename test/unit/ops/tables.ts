import { readdirSync } from 'node:fs'
import type { OpCase } from './case.js'

/** Every case of every `*.cases.ts` of this folder: writing the file is enough. */
export const allCases: readonly OpCase[] = (
  await Promise.all(
    readdirSync(import.meta.dirname)
      .filter(file => file.endsWith('.cases.ts'))
      .sort()
      .map(file => import(new URL(file, import.meta.url).href) as Promise<{ cases: OpCase[] }>),
  )
).flatMap(({ cases }) => cases)
