import type { OpDefinition } from '../onnx/operator.js'
import { Add } from './add.js'
import { Cast } from './cast.js'
import { Expand } from './expand.js'
import { Greater } from './greater.js'
import { Identity } from './identity.js'
import { Mul } from './mul.js'
import { Positive } from './positive.js'
import { ReduceSum } from './reduce-sum.js'
import { Relu } from './relu.js'
import { Reshape } from './reshape.js'

/** Every operator, one file each. Adding one: write `my-op.ts`, add its line here. */
export const operators: readonly OpDefinition[] = [
  Add,
  Cast,
  Expand,
  Greater,
  Identity,
  Mul,
  Positive,
  ReduceSum,
  Relu,
  Reshape,
]
