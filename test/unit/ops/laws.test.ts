import { describe, expect, it } from 'vitest'
import { laws } from './laws.js'
import { allCases } from './tables.js'

for (const [name, law] of Object.entries(laws))
  describe(name, () => {
    it.each(allCases.map(c => ({ title: `${c.op.name}: ${c.title}`, c })))('$title', async ({ c }) => {
      expect(await law(c)).toEqual([])
    })
  })
