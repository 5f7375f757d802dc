import type { Tensor } from '../core/tensor.js'
import { type Layer, Scope } from '../nn/scope.js'
import { Graph, type Value } from '../onnx/ir.js'
import { softmax } from '../ops/softmax.js'
import { type Preprocess, preprocess } from './preprocess.js'
import { averageViews, type TestTimeAugmentation } from './test-time-augmentation.js'

export interface InferenceOptions {
  layer: Layer
  inputShape: readonly [number, number, number]
  preprocess: Preprocess
  /**
   * Held in the file; 'inputs': graph inputs of the weights' names, so that one session serves weights that change
   * (sessions cannot be made again and again: they leak).
   */
  weights: ReadonlyMap<string, Tensor> | 'inputs'
  /** Fixed number of images; default: any. */
  batchSize?: number
  testTimeAugmentation?: TestTimeAugmentation
  /**
   * Whether the outputs of layers are also graph outputs (`activation/NAME`), for explanation; a function: what it makes
   * of each of them is, for statistics.
   */
  exposeLayers?: boolean | ((output: Value) => Value)
}

/** A layer whose output is also an output of the graph. */
export interface ExposedLayer {
  layer: string
  kind: string
  output: string
}

interface WeightSpec {
  name: string
  shape: readonly number[]
}

/** `images` uint8 [N, C, H, W] -> `probabilities` float32 [N, classes]: the network as it ships. */
export function buildInference(options: InferenceOptions): {
  graph: Graph
  exposed: { layer: string; kind: string; output: string }[]
} {
  const { layer, weights, testTimeAugmentation = 'none' } = options
  const graph = new Graph('classifier')
  const images = graph.input('images', 'uint8', [options.batchSize ?? 'N', ...options.inputShape])
  const held = new Map<string, Value>()
  const weight = ({ name, shape }: WeightSpec): Value => {
    const known =
      held.get(name) ??
      (weights === 'inputs' ? graph.input(name, 'float32', shape) : graph.initializer(name, weights.get(name)!))
    held.set(name, known)
    return known
  }
  const scope = new Scope(graph, 'inference', { parameter: weight, statistic: weight })
  const x = preprocess(images, options.preprocess)
  const logits = layer(x, scope)
  const exposed = options.exposeLayers ? exposeLayers(graph, scope, options.exposeLayers) : []
  const own = softmax(logits, 1)
  const probabilities = graph.within('views', () =>
    averageViews(x, own, testTimeAugmentation, view =>
      softmax(layer(view, new Scope(graph, 'inference', { parameter: weight, statistic: weight })), 1),
    ),
  )
  graph.output(probabilities, 'probabilities')
  return { graph, exposed }
}

/** A layer that passes its input on (dropout) has no output of its own. */
function exposeLayers(graph: Graph, scope: Scope, shown: true | ((output: Value) => Value)): ExposedLayer[] {
  const exposed: ExposedLayer[] = []
  const seen = new Set<Value>()
  for (const { name, kind, output } of scope.layers) {
    if (output.producer === undefined || seen.has(output)) continue
    seen.add(output)
    const value = shown === true ? output : shown(output)
    exposed.push({ layer: name, kind, output: graph.output(value, `activation/${name}`).name })
  }
  return exposed
}
