import { expect, it } from 'vitest'
import { spreadOf } from './bench-record.js'

it('tells mean, deviation of the sample, least and most', () => {
  const { standardDeviation, ...rest } = spreadOf([0.5, 1, 0.75])
  expect(rest).toEqual({ mean: 0.75, least: 0.5, most: 1 })
  expect(standardDeviation).toBe(0.25)
})

it('has no deviation of one run', () => {
  expect(spreadOf([0.9])).toEqual({ mean: 0.9, standardDeviation: null, least: 0.9, most: 0.9 })
})
