import { add } from '../../../ops/add.js'
import { matMul } from '../../../ops/mat-mul.js'
import { swapLast } from '../../../ops/transpose.js'
import { composite } from './composite.js'

/** x · kernel + bias over the last axis. x [..., in], kernel [in, out], bias [out] -> [..., out]. */
export const Dense = composite({
  name: 'Dense',
  arity: [2, 3],
  build: ([x, kernel, bias]) => {
    const y = matMul(x, kernel)
    return bias ? add(y, bias) : y
  },
})

/** Products of matrices in the last two axes, either one transposed on the way (adj_x, adj_y), as TensorFlow's. */
export const BatchMatMul = composite({
  name: 'BatchMatMul',
  attributes: { adj_x: { type: 'int', default: 0 }, adj_y: { type: 'int', default: 0 } },
  arity: [2, 2],
  build: ([x, y], { adj_x, adj_y }) => matMul(adj_x ? swapLast(x) : x, adj_y ? swapLast(y) : y),
})
