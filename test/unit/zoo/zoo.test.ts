import { readdirSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { describe as describeNetwork } from '../../../src/nn/network.js'
import { type Evidence, evidenceOf } from './evidence.js'
import { families } from './families.js'
import { laws } from './laws.js'

const small = [3, 32, 32] as const

describe('the table of the zoo', () => {
  it('equals the folder', () => {
    const files = readdirSync(new URL('../../../src/nn/models', import.meta.url))
      .filter(file => !file.endsWith('.test.ts'))
      .map(file => file.replace(/\.ts$/, ''))
    expect(families.map(({ file }) => file).sort()).toEqual(files.sort())
  })
})

describe('parameters are as many as published', () => {
  const counted = families.flatMap(({ file, counts }) => counts.map(c => [`${file} ${c.what}`, c] as const))
  it.each(counted)('%s', (_, { network, input = small, parameters }) => {
    expect(describeNetwork(network, input).parameterCount).toBe(parameters)
  })
})

describe.each(families.map(({ file, smallest }) => [`${file} ${smallest.what}`, smallest] as const))(
  '%s',
  (_, member) => {
    let evidence: Evidence
    beforeAll(async () => {
      evidence = await evidenceOf(member)
    }, 240_000)
    it.each(Object.entries(laws))('%s', (_, law) => {
      expect(law(evidence)).toEqual([])
    })
  },
)
