import type { Tensor as RuntimeTensor } from 'onnxruntime-common'
import { type DType, dtypes, type TensorData } from '../core/dtype.js'
import { FoveaError } from '../core/errors.js'
import type { Tensor } from '../core/tensor.js'

type TensorClass = new (dtype: DType, data: never, shape: readonly number[]) => RuntimeTensor

/**
 * Gives the function that shows the runtime a tensor without copying its bytes. `TensorClass` must be the one that
 * the package of the session exports: onnxruntime-common exists once as CommonJS and once as an ES module, and a
 * tensor of the other copy makes `run(feeds, fetches)` take the fetches for options, in silence.
 */
export function tensorWrapper(TensorClass: TensorClass): (held: Tensor) => RuntimeTensor {
  /** One wrapper per tensor: training feeds the same state tensors thousands of times. */
  const wrappers = new WeakMap<Tensor, RuntimeTensor>()
  return held => {
    let wrapper = wrappers.get(held)
    if (!wrapper) wrappers.set(held, (wrapper = new TensorClass(held.dtype, held.data as never, held.shape)))
    return wrapper
  }
}

/** A result of the runtime as a tensor of ours; the bytes are shared. */
export function unwrap(result: RuntimeTensor, where: string): Tensor {
  const dtype = dtypeOfRuntime(result.type, where)
  let data = result.data as unknown as TensorData
  // From Node 24 on the runtime hands out Float16Array; Fovea keeps the bits.
  if (dtype === 'float16' && !(data instanceof Uint16Array))
    data = new Uint16Array(data.buffer, data.byteOffset, data.length)
  return { dtype, shape: result.dims, data }
}

export function dtypeOfRuntime(type: string, where: string): DType {
  const dtype = dtypes.find(known => known === type)
  if (dtype) return dtype
  throw new FoveaError({ where, expected: `one of ${dtypes.join(', ')}`, received: `type ${type}` })
}
