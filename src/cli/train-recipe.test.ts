import { expect, it } from 'vitest'
import { recipeNamed } from '../train/recipes/index.js'
import { studentRecipe } from './distill.js'
import { withFlags } from './train-recipe.js'

const begun = { file: 'weights.safetensors', sha256: 'a'.repeat(64) }
const taught = { ...recipeNamed('resnet20'), initialWeights: begun }

it.each([
  ['without the flag', undefined, begun],
  ['with the file that it names', begun.file, begun],
  ['with another file', 'other.safetensors', { file: 'other.safetensors' }],
])('a recipe %s', (_, initialWeights, expected) => {
  expect(withFlags(taught, { dataset: 'cifar10', initialWeights, set: [] }).initialWeights).toEqual(expected)
})

it('a student of another form begins with none of the weights of its teacher', async () => {
  const student = await studentRecipe('cifar-cnn', taught)
  expect(student.model.type).toBe('cifar-cnn')
  expect(student.initialWeights).toBeUndefined()
  expect(student.optimizer).toEqual(taught.optimizer)
})
