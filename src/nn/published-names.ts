/** What timm and torchvision call the own name of a parameter or a statistic. */
const published: Readonly<Record<string, string>> = {
  kernel: 'weight',
  bias: 'bias',
  gamma: 'weight',
  beta: 'bias',
  movingMean: 'running_mean',
  movingVariance: 'running_var',
}

/** Own name of the array of a layer that is one array and nothing else: published names give it the layer's name. */
export const SOLE = 'array'

/**
 * The name under which timm keeps this parameter or statistic, for models whose layers are named as timm's modules:
 * `layer1/0/conv1/kernel` -> `layer1.0.conv1.weight`, `pos_embed/array` -> `pos_embed`. An own name that is no layer's (`pos_embed`) stays as it is.
 */
export function publishedName(name: string): string {
  const parts = name.split('/')
  const own = parts.pop()!
  if (own === SOLE) return parts.join('.')
  return [...parts, published[own] ?? own].join('.')
}
