import type { TfliteModel, TfliteTensor } from './model.js'

/**
 * The model with floats at ends that are int8: LiteRT for JavaScript hands over no int8. The operators between stay as
 * they are, so that whoever runs it has run them.
 */
export function withFloatEnds(model: TfliteModel): TfliteModel {
  const tensors: TfliteTensor[] = [...model.tensors]
  const twinOf = (index: number): number => {
    const { name, shape } = tensors[index]!
    return tensors.push({ name: `${name}/float`, type: 'FLOAT32', shape }) - 1
  }
  const isInteger = (index: number): boolean => tensors[index]!.type === 'INT8'
  const [inputs, outputs] = [model.inputs, model.outputs].map(ends =>
    ends.map(index => (isInteger(index) ? twinOf(index) : index)),
  ) as [number[], number[]]
  const conversions = (builtin: 'QUANTIZE' | 'DEQUANTIZE', from: readonly number[], to: readonly number[]) =>
    from.flatMap((index, i) =>
      index === to[i] ? [] : [{ builtin, version: builtin === 'QUANTIZE' ? 1 : 2, inputs: [index], outputs: [to[i]!] }],
    )
  const operators = [
    ...conversions('QUANTIZE', inputs, model.inputs),
    ...model.operators,
    ...conversions('DEQUANTIZE', model.outputs, outputs),
  ]
  return { ...model, tensors, operators, inputs, outputs }
}
