import type { OpDefinition } from '../onnx/operator.js'
import { Abs } from './abs.js'
import { Add } from './add.js'
import { And } from './and.js'
import { ArgMax } from './arg-max.js'
import { AveragePool } from './average-pool.js'
import { AveragePoolGrad } from './average-pool-grad.js'
import { BatchNormalization } from './batch-normalization.js'
import { BatchNormalizationTraining } from './batch-normalization-training.js'
import { BatchNormalizationTrainingGrad } from './batch-normalization-training-grad.js'
import { Cast } from './cast.js'
import { Ceil } from './ceil.js'
import { Clip } from './clip.js'
import { Concat } from './concat.js'
import { ConstantOfShape } from './constant-of-shape.js'
import { Conv } from './conv.js'
import { ConvGradInput } from './conv-grad-input.js'
import { ConvGradWeight } from './conv-grad-weight.js'
import { ConvTranspose } from './conv-transpose.js'
import { Cos } from './cos.js'
import { DequantizeLinear } from './dequantize-linear.js'
import { Div } from './div.js'
import { Elu } from './elu.js'
import { Equal } from './equal.js'
import { Erf } from './erf.js'
import { Exp } from './exp.js'
import { Expand } from './expand.js'
import { FakeQuantize } from './fake-quantize.js'
import { Flatten } from './flatten.js'
import { Floor } from './floor.js'
import { Gather } from './gather.js'
import { GatherElements } from './gather-elements.js'
import { Gelu } from './gelu.js'
import { Gemm } from './gemm.js'
import { GlobalAveragePool } from './global-average-pool.js'
import { Greater } from './greater.js'
import { GreaterOrEqual } from './greater-or-equal.js'
import { HardSigmoid } from './hard-sigmoid.js'
import { HardSwish } from './hard-swish.js'
import { Identity } from './identity.js'
import { KeepMask } from './keep-mask.js'
import { LayerNormalization } from './layer-normalization.js'
import { LeakyRelu } from './leaky-relu.js'
import { Less } from './less.js'
import { LessOrEqual } from './less-or-equal.js'
import { Log } from './log.js'
import { LogSoftmax } from './log-softmax.js'
import { MatMul } from './mat-mul.js'
import { Max } from './max.js'
import { MaxPool } from './max-pool.js'
import { MaxPoolGrad } from './max-pool-grad.js'
import { Min } from './min.js'
import { Mish } from './mish.js'
import { Mul } from './mul.js'
import { Neg } from './neg.js'
import { Not } from './not.js'
import { Or } from './or.js'
import { PRelu } from './p-relu.js'
import { Pad } from './pad.js'
import { Positive } from './positive.js'
import { Pow } from './pow.js'
import { QuantizeLinear } from './quantize-linear.js'
import { Reciprocal } from './reciprocal.js'
import { ReduceL2 } from './reduce-l2.js'
import { ReduceLogSumExp } from './reduce-log-sum-exp.js'
import { ReduceMax } from './reduce-max.js'
import { ReduceMean } from './reduce-mean.js'
import { ReduceMin } from './reduce-min.js'
import { ReduceSum } from './reduce-sum.js'
import { ReduceSumSquare } from './reduce-sum-square.js'
import { Relu } from './relu.js'
import { Reshape } from './reshape.js'
import { Round } from './round.js'
import { ScatterElements } from './scatter-elements.js'
import { Selu } from './selu.js'
import { Sigmoid } from './sigmoid.js'
import { Sign } from './sign.js'
import { Sin } from './sin.js'
import { Slice } from './slice.js'
import { Softmax } from './softmax.js'
import { Softplus } from './softplus.js'
import { Softsign } from './softsign.js'
import { Split } from './split.js'
import { Sqrt } from './sqrt.js'
import { Squeeze } from './squeeze.js'
import { Sub } from './sub.js'
import { Tanh } from './tanh.js'
import { Tile } from './tile.js'
import { Transpose } from './transpose.js'
import { Unsqueeze } from './unsqueeze.js'
import { Where } from './where.js'

/** Every operator, one file each. Adding one: write `my-op.ts`, add its line here. */
export const operators: readonly OpDefinition[] = [
  Abs,
  Add,
  And,
  ArgMax,
  AveragePool,
  AveragePoolGrad,
  BatchNormalization,
  BatchNormalizationTraining,
  BatchNormalizationTrainingGrad,
  Cast,
  Ceil,
  Clip,
  Concat,
  ConstantOfShape,
  Conv,
  ConvGradInput,
  ConvGradWeight,
  ConvTranspose,
  Cos,
  DequantizeLinear,
  Div,
  Elu,
  Equal,
  Erf,
  Exp,
  Expand,
  FakeQuantize,
  Flatten,
  Floor,
  Gather,
  GatherElements,
  Gelu,
  Gemm,
  GlobalAveragePool,
  Greater,
  GreaterOrEqual,
  HardSigmoid,
  HardSwish,
  Identity,
  KeepMask,
  LayerNormalization,
  LeakyRelu,
  Less,
  LessOrEqual,
  Log,
  LogSoftmax,
  MatMul,
  Max,
  MaxPool,
  MaxPoolGrad,
  Min,
  Mish,
  Mul,
  Neg,
  Not,
  Or,
  Pad,
  Positive,
  Pow,
  PRelu,
  QuantizeLinear,
  Reciprocal,
  ReduceL2,
  ReduceLogSumExp,
  ReduceMax,
  ReduceMean,
  ReduceMin,
  ReduceSum,
  ReduceSumSquare,
  Relu,
  Reshape,
  Round,
  ScatterElements,
  Selu,
  Sigmoid,
  Sign,
  Sin,
  Slice,
  Softmax,
  Softplus,
  Softsign,
  Split,
  Sqrt,
  Squeeze,
  Sub,
  Tanh,
  Tile,
  Transpose,
  Unsqueeze,
  Where,
]
