import { expect, it } from 'vitest'
import { didYouMean, messageOf } from './errors.js'

it('finds the word that was meant: a letter off, missing or two swapped, and nothing far away', () => {
  const words = ['baseline', 'quick', 'cifar10']
  expect(didYouMean('baselin', words)).toBe('baseline')
  expect(didYouMean('quikc', words)).toBe('quick')
  expect(didYouMean('CIFAR-10', words)).toBe('cifar10')
  expect(didYouMean('mnist', words)).toBeUndefined()
})

it('gives any thrown thing as text', () => {
  expect([messageOf(new Error('a')), messageOf('b'), messageOf(3)]).toEqual(['a', 'b', '3'])
})
