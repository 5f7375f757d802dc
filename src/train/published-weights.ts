import { open } from 'node:fs/promises'
import { FoveaError, messageOf, UsageError } from '../core/errors.js'
import { float16Value } from '../core/float16.js'
import { formatShape, sameShape } from '../core/shape.js'
import { type Tensor, tensor } from '../core/tensor.js'
import { publishedName } from '../nn/published-names.js'
import type { ParameterSpec, StatisticSpec } from '../nn/scope.js'
import { refuseOtherFile, sha256Of } from './file-hash.js'
import type { InitialWeightsData, Recipe } from './recipe.js'
import { decodeSafetensors } from './safetensors.js'
import type { WeightMap } from './weights.js'

/** Weights of others, by the names of timm and torchvision. */
export interface PublishedWeights {
  file: string
  tensors: ReadonlyMap<string, Tensor>
}

/** ConvNeXt-XL in float32 has 1.4 GB; more than this is no network for this tool. */
const LARGEST_FILE = 4_000_000_000
/** Names in an error before the rest is counted. */
const NAMED = 3
const FIX = 'choose the recipe whose model has the form of the file: depth, width, stem, attention'
/** PyTorch counts batches beside the statistics; nothing here reads the count. */
const COUNTER = '.num_batches_tracked'

const whereOf = ({ file }: Pick<PublishedWeights, 'file'>): string => `initialWeights ${file}`

interface WeightsFile extends PublishedWeights {
  sha256: string
}

async function readFile(file: string): Promise<WeightsFile> {
  const where = whereOf({ file })
  const handle = await open(file).catch((error: unknown) => {
    throw new UsageError({ where, expected: 'a safetensors file', received: messageOf(error), fix: 'check the path' })
  })
  try {
    const { size } = await handle.stat()
    if (size > LARGEST_FILE)
      throw new UsageError({ where, expected: `at most ${LARGEST_FILE} bytes`, received: String(size) })
    const bytes = await handle.readFile()
    return { file, sha256: sha256Of(bytes), tensors: decodeSafetensors(bytes, where).tensors }
  } finally {
    await handle.close()
  }
}

/** What a recipe names, read. @throws UsageError where it is another file now, FoveaError where it is damaged */
export async function openInitialWeights({ file, sha256 }: InitialWeightsData): Promise<PublishedWeights> {
  const found = await readFile(file)
  refuseOtherFile(whereOf(found), 'file', sha256, found.sha256)
  return found
}

/** The recipe with the hash of its file of weights: it says exactly where the run began. */
export async function withInitialWeightsHash(recipe: Recipe): Promise<Recipe> {
  const { initialWeights } = recipe
  if (!initialWeights || initialWeights.sha256 !== undefined) return recipe
  const { sha256 } = await readFile(initialWeights.file)
  return { ...recipe, initialWeights: { ...initialWeights, sha256 } }
}

/**
 * First weights of a network, taken from published ones. The last layer stays as it was where theirs has another number
 * of classes, or is missing.
 *
 * @returns what to say of it
 * @throws FoveaError where a weight is missing, has another shape, or belongs to nothing
 */
export function takePublished(
  weights: WeightMap,
  network: { parameters: readonly ParameterSpec[]; statistics: readonly StatisticSpec[] },
  published: PublishedWeights,
): string {
  const { file, tensors } = published
  const where = whereOf(published)
  const specs = [...network.parameters, ...network.statistics]
  const head = headOf(network.parameters)
  const isFresh = specs.some(spec => head.has(spec.name) && !fits(spec, tensors.get(publishedName(spec.name))))
  const wanted = specs.filter(({ name }) => !(isFresh && head.has(name)))
  const missing = wanted.map(({ name }) => publishedName(name)).filter(name => !tensors.has(name))
  const known = new Set(specs.map(({ name }) => publishedName(name)))
  const unknown = [...tensors.keys()].filter(name => !known.has(name) && !name.endsWith(COUNTER))
  if (missing.length || unknown.length)
    throw new FoveaError({
      where,
      expected: `the ${wanted.length} weights of this network, under timm's names`,
      received: [
        ...(missing.length ? [`none named ${some(missing)}`] : []),
        ...(unknown.length ? [`weights of nothing here: ${some(unknown)}`] : []),
      ].join('; '),
      fix: FIX,
    })
  for (const spec of wanted) weights.set(spec.name, converted(spec, tensors.get(publishedName(spec.name))!, where))
  const fresh = isFresh ? `; the last layer (${[...head].map(publishedName).join(', ')}) starts anew` : ''
  return `${wanted.length} first weights taken from ${file}${fresh}`
}

const some = (names: readonly string[]): string =>
  `'${names.slice(0, NAMED).join("', '")}'${names.length > NAMED ? ` and ${names.length - NAMED} more` : ''}`

/** Parameters of the layer that gives the classes: the last kernel's. */
function headOf(parameters: readonly ParameterSpec[]): ReadonlySet<string> {
  const kernel = parameters.findLast(({ role }) => role === 'kernel')
  const layer = kernel?.name.slice(0, kernel.name.lastIndexOf('/') + 1)
  return new Set(parameters.filter(({ name }) => layer !== undefined && name.startsWith(layer)).map(({ name }) => name))
}

/** PyTorch holds a dense kernel as [out, in], Fovea as [in, out]. */
const isDense = (spec: ParameterSpec | StatisticSpec): boolean =>
  'role' in spec && spec.role === 'kernel' && spec.shape.length === 2
const publishedShape = (spec: ParameterSpec | StatisticSpec): readonly number[] => {
  const shape = spec.shape as readonly number[]
  return isDense(spec) ? [...shape].reverse() : shape
}
const fits = (spec: ParameterSpec | StatisticSpec, found: Tensor | undefined): boolean =>
  found !== undefined && sameShape(found.shape, publishedShape(spec))

function converted(spec: ParameterSpec | StatisticSpec, found: Tensor, where: string): Tensor {
  const name = publishedName(spec.name)
  const expected = publishedShape(spec)
  if (!fits(spec, found))
    throw new FoveaError({
      where: `${where}, ${name}`,
      expected: `shape ${formatShape(expected)}`,
      received: formatShape(found.shape),
      fix: FIX,
    })
  const numbers = numbersOf(found, `${where}, ${name}`)
  if (!isDense(spec)) return tensor('float32', spec.shape as number[], numbers)
  const [inputs, outputs] = spec.shape as [number, number]
  const turned = Float32Array.from(
    { length: numbers.length },
    (_, i) => numbers[(i % outputs) * inputs + Math.floor(i / outputs)]!,
  )
  return tensor('float32', [inputs, outputs], turned)
}

function numbersOf({ dtype, data }: Tensor, where: string): Float32Array {
  if (dtype === 'float32') return Float32Array.from(data as Float32Array)
  if (dtype === 'float16') return Float32Array.from(data as Uint16Array, float16Value)
  throw new FoveaError({ where, expected: 'numbers as float32 or float16', received: dtype })
}
