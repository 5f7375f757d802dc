/** What timm and torchvision call the own name of a parameter or a statistic. */
const published: Readonly<Record<string, string>> = {
  kernel: 'weight',
  bias: 'bias',
  gamma: 'weight',
  beta: 'bias',
  movingMean: 'running_mean',
  movingVariance: 'running_var',
}

/**
 * The name under which timm keeps this parameter or statistic, for models whose layers are named as timm's modules:
 * `layer1/0/conv1/kernel` -> `layer1.0.conv1.weight`. An own name that is no layer's (`pos_embed`) stays as it is.
 */
export function publishedName(name: string): string {
  const parts = name.split('/')
  const own = parts.pop()!
  return [...parts, published[own] ?? own].join('.')
}
