import { describe, expect, it } from 'vitest'
import { adam, adamW } from './adam.js'
import { muon } from './muon.js'
import { decays, ruleFor } from './optimizer.js'
import { rmsprop } from './rmsprop.js'
import { sgd } from './sgd.js'

const kernel = { name: 'conv2d/kernel', shape: [8, 4, 3, 3], role: 'kernel' }
const matrix = { name: 'dense/kernel', shape: [4, 8], role: 'kernel' }
const bias = { name: 'conv2d/bias', shape: [8], role: 'bias' }

describe('update rules', () => {
  it('have the defaults of Keras', () => {
    expect([sgd(), rmsprop(), adam(), adamW()].map(rule => rule.learningRate)).toEqual([0.01, 0.001, 0.001, 0.001])
    expect(adamW().weightDecay).toBe(0.004)
    expect(adam().weightDecay).toBe(0)
  })

  it('remember only what they need', () => {
    expect(sgd().slots).toEqual([])
    expect(sgd({ momentum: 0.9 }).slots).toEqual(['momentum'])
    expect(rmsprop().slots).toEqual(['meanSquare'])
    expect(rmsprop({ momentum: 0.5 }).slots).toEqual(['meanSquare', 'momentum'])
    expect(adam().slots).toEqual(['firstMoment', 'secondMoment'])
  })

  it('decay kernels alone', () => {
    expect([kernel, matrix, bias].map(decays)).toEqual([true, true, false])
  })

  it('of Muon are for convolution kernels; the rest follows another rule', () => {
    const others = adam()
    const rule = muon({ others })
    expect(ruleFor(rule, kernel)).toBe(rule)
    expect(ruleFor(rule, matrix)).toBe(others)
    expect(ruleFor(rule, bias)).toBe(others)
    expect(ruleFor(others, kernel)).toBe(others)
  })

  it('refuse Nesterov without momentum', () => {
    expect(() => sgd({ nesterov: true })).toThrow(
      'sgd: expected a momentum above 0 with nesterov, received 0. Fix: momentum: 0.9 is usual',
    )
  })
})
