import { sizeOf } from '../core/shape.js'
import { float32 } from '../core/tensor.js'
import type { ParameterSpec, StatisticSpec } from '../nn/scope.js'
import type { Graph, Value } from '../onnx/ir.js'
import { add } from '../ops/add.js'
import { concat } from '../ops/concat.js'
import { identity } from '../ops/identity.js'
import { mul } from '../ops/mul.js'
import { reshape } from '../ops/reshape.js'
import { split } from '../ops/split.js'
import { decays, type Optimizer, ruleFor } from '../optim/optimizer.js'

/**
 * Parameters up to this size travel together in one vector per update rule: an update is some ten element-wise nodes,
 * and for small parameters the cost of a node is its launch, not its arithmetic.
 */
const PACKED_SIZE = 65_536

/** A tensor that leaves one step and enters the next. */
export interface StateTensor {
  name: string
  shape: readonly number[]
  /** Name of the output that holds its next value; none: it never changes. */
  next?: string
}

/** Where the elements of one named parameter, statistic or slot live. */
export interface Placement {
  name: string
  shape: readonly number[]
  state: string
  offset: number
}

interface Group {
  /** Name of the state tensor that holds the parameters. */
  state: string
  members: readonly ParameterSpec[]
  rule: Optimizer | undefined
  ruleIndex: number
  decays: boolean
}

export interface StateLayout {
  tensors: StateTensor[]
  placements: Placement[]
  groups: Group[]
  rules: Optimizer[]
  /** Scalar inputs: rule r's number n is called `rule<r>/<n>`. */
  scalarNames: string[]
  statistics: readonly StatisticSpec[]
}

export const STATISTICS = 'statistics'
const sizesOf = (specs: readonly { shape: readonly number[] }[]): number[] => specs.map(spec => sizeOf(spec.shape))
const total = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size, 0)

/** Parameters that one update serves. */
function groupParameters(parameters: readonly ParameterSpec[], optimizer: Optimizer) {
  const rules: Optimizer[] = []
  const groups = new Map<string, { members: ParameterSpec[]; group: Omit<Group, 'members' | 'state'> }>()
  for (const spec of parameters) {
    const rule = spec.trainable ? ruleFor(optimizer, spec) : undefined
    if (rule && !rules.includes(rule)) rules.push(rule)
    const ruleIndex = rule ? rules.indexOf(rule) : -1
    const alone = !rule?.elementwise || sizeOf(spec.shape) > PACKED_SIZE
    const key = alone ? spec.name : `packed/${ruleIndex}${rule.weightDecay && decays(spec) ? '/decayed' : ''}`
    const entry = groups.get(key) ?? { members: [], group: { rule, ruleIndex, decays: decays(spec) } }
    entry.members.push(spec)
    groups.set(key, entry)
  }
  return { rules, groups: [...groups].map(([state, { members, group }]) => ({ state, members, ...group })) }
}

/** Declares the state as graph inputs and gives each parameter and statistic by name. */
export function declareState(
  graph: Graph,
  parameters: readonly ParameterSpec[],
  statistics: readonly StatisticSpec[],
  optimizer: Optimizer,
): { layout: StateLayout; values: Map<string, Value> } {
  const { rules, groups } = groupParameters(parameters, optimizer)
  const layout: StateLayout = { tensors: [], placements: [], groups, rules, scalarNames: [], statistics }
  const values = new Map<string, Value>()
  for (const group of groups) declareGroup(graph, layout, group, values)
  if (statistics.length) {
    const whole = declareTensor(graph, layout, STATISTICS, [total(sizesOf(statistics))])
    unpack(whole, statistics, values)
    place(layout, STATISTICS, statistics, name => name)
  }
  return { layout, values }
}

function declareGroup(
  graph: Graph,
  layout: StateLayout,
  { state, members, rule }: Group,
  values: Map<string, Value>,
): void {
  const shape = members.length === 1 ? members[0]!.shape : [total(sizesOf(members))]
  const whole = declareTensor(graph, layout, state, shape, rule !== undefined)
  if (members.length === 1) values.set(members[0]!.name, whole)
  else graph.within('unpack', () => unpack(whole, members, values))
  place(layout, state, members, name => name)
  for (const slot of rule?.slots ?? []) {
    declareTensor(graph, layout, slotState(state, slot), shape)
    place(layout, slotState(state, slot), members, name => slotName(slot, name))
  }
}

/** Name of an optimizer slot of a parameter, in checkpoints. */
export const slotName = (slot: string, parameter: string): string => `optimizer/${slot}/${parameter}`
const slotState = (state: string, slot: string): string => `${state}:${slot}`

function declareTensor(
  graph: Graph,
  layout: StateLayout,
  name: string,
  shape: readonly number[],
  changes = true,
): Value {
  layout.tensors.push({ name, shape, ...(changes ? { next: `next/${name}` } : {}) })
  return graph.input(name, 'float32', shape)
}

function place(
  layout: StateLayout,
  state: string,
  specs: readonly { name: string; shape: readonly number[] }[],
  rename: (name: string) => string,
): void {
  let offset = 0
  for (const { name, shape } of specs) {
    layout.placements.push({ name: rename(name), shape, state, offset })
    offset += sizeOf(shape)
  }
}

function unpack(
  whole: Value,
  specs: readonly { name: string; shape: readonly number[] }[],
  values: Map<string, Value>,
): void {
  const parts = specs.length === 1 ? [whole] : split(whole, sizesOf(specs), 0)
  specs.forEach((spec, i) => {
    values.set(spec.name, reshape(parts[i]!, spec.shape))
  })
}

const joined = (vectors: readonly Value[]): Value => concat(vectors as [Value, ...Value[]], 0)
const flat = (x: Value): Value => reshape(x, [sizeOf(x.shape as number[])])
const inputNamed = (graph: Graph, name: string): Value => graph.inputs.find(input => input.name === name)!

/** Adds the update of every group and declares the next state. */
export function updateParameters(graph: Graph, layout: StateLayout, grads: ReadonlyMap<string, Value>): void {
  const scalars = layout.rules.map((rule, r) =>
    Object.fromEntries(
      Object.keys(rule.scalars(1, rule.learningRate)).map(name => {
        const full = `rule${r}/${name}`
        layout.scalarNames.push(full)
        return [name, graph.input(full, 'float32', [])]
      }),
    ),
  )
  for (const { state, members, rule, ruleIndex, decays } of layout.groups) {
    if (!rule) continue
    graph.within(`update/${state}`, () => {
      const memberGradients = members.map(spec => grads.get(spec.name)!)
      const gradient = members.length === 1 ? memberGradients[0]! : joined(memberGradients.map(flat))
      const slots = Object.fromEntries(rule.slots.map(slot => [slot, inputNamed(graph, slotState(state, slot))]))
      const updated = rule.update({
        parameter: inputNamed(graph, state),
        gradient,
        slots,
        scalars: scalars[ruleIndex]!,
        decays,
      })
      graph.output(updated.parameter, `next/${state}`)
      for (const slot of rule.slots) graph.output(updated.slots[slot]!, `next/${slotState(state, slot)}`)
    })
  }
}

/** running = momentum · running + (1 - momentum) · batch, all statistics in one vector. */
export function updateStatistics(graph: Graph, layout: StateLayout, batch: ReadonlyMap<string, Value>): void {
  const { statistics } = layout
  if (!statistics.length) return
  graph.within('update/statistics', () => {
    const seen = statistics.map(spec => flat(batch.get(spec.name)!))
    const fresh = seen.length === 1 ? identity(seen[0]!) : joined(seen)
    const running = inputNamed(graph, STATISTICS)
    const momenta = new Set(statistics.map(spec => spec.momentum))
    const [only] = momenta
    const spread = (f: (momentum: number) => number): Value =>
      momenta.size === 1
        ? graph.float(f(only!))
        : graph.constant(
            float32(statistics.flatMap(spec => new Array<number>(sizeOf(spec.shape)).fill(f(spec.momentum)))),
          )
    graph.output(
      add(
        mul(
          running,
          spread(m => m),
        ),
        mul(
          fresh,
          spread(m => 1 - m),
        ),
      ),
      `next/${STATISTICS}`,
    )
  })
}
