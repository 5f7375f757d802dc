import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { buildModel, modelFamilies, modelSchema } from './index.js'

const types = modelFamilies.map(({ schema }) => schema.shape.type.value)

it('the table equals the folder', () => {
  const files = readdirSync(import.meta.dirname)
    .filter(file => !['index.ts', 'family.ts'].includes(file) && !file.endsWith('.test.ts'))
    .map(file => file.replace(/\.ts$/, ''))
  expect([...types].sort()).toEqual(files.sort())
})

it.each(types)('%s is built from its type alone, by its defaults', type => {
  expect(buildModel(modelSchema.parse({ type }), 10).summary()).toContain('[N, 10]')
})

it('resnet-cifar has the filters that it is given', () => {
  const model = { type: 'resnet-cifar', depth: 8, filters: [8, 16, 32] }
  expect(buildModel(modelSchema.parse(model), 10).summary()).toContain('19,218')
})

it('knows no other', () => {
  expect(() => modelSchema.parse({ type: 'resnet-of-yore' })).toThrow()
})
