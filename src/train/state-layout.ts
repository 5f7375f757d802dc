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
  /** The weight whose value it starts with where a checkpoint has none; default: 0 for a slot. */
  startsAt?: string
  /** What it starts with where a checkpoint has none. */
  startsWith?: readonly number[]
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
  /** Whether averaged weights are carried along; their factors are the inputs `average/keep` and `average/take`. */
  averaged: boolean
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

/** Every tensor of the state and where each weight lives in it. */
export function layoutState(
  parameters: readonly ParameterSpec[],
  statistics: readonly StatisticSpec[],
  optimizer: Optimizer,
  averaged = false,
): StateLayout {
  const { rules, groups } = groupParameters(parameters, optimizer)
  const layout: StateLayout = { tensors: [], placements: [], groups, rules, scalarNames: [], statistics, averaged }
  for (const { state, members, rule } of groups) {
    const shape = groupShape(members)
    const changes = rule !== undefined
    addTensor(layout, state, shape, members, changes)
    for (const slot of rule?.slots ?? [])
      addTensor(layout, slotState(state, slot), shape, members, true, {
        prefix: slotName(slot, ''),
        copies: rule!.initialSlots?.[slot] === 'parameter',
      })
    if (averaged && changes) addTensor(layout, averageState(state), shape, members, true, averagePlace)
  }
  if (statistics.length) {
    const shape = [total(sizesOf(statistics))]
    addTensor(layout, STATISTICS, shape, statistics, true)
    if (averaged) addTensor(layout, averageState(STATISTICS), shape, statistics, true, averagePlace)
  }
  return layout
}

interface Named {
  name: string
  shape: readonly number[]
}

const groupShape = (members: readonly Named[]): readonly number[] =>
  members.length === 1 ? members[0]!.shape : [total(sizesOf(members))]

/** Name of an optimizer slot of a parameter, in checkpoints. */
export const slotName = (slot: string, parameter: string): string => `optimizer/${slot}/${parameter}`
const slotState = (state: string, slot: string): string => `${state}:${slot}`

/** The averaged weights are kept as a slot would be. */
export const AVERAGE = 'average'
const averageState = (state: string): string => slotState(state, AVERAGE)
const averagePlace = { prefix: slotName(AVERAGE, ''), copies: true }

function addTensor(
  layout: StateLayout,
  name: string,
  shape: readonly number[],
  members: readonly Named[],
  changes: boolean,
  { prefix, copies }: { prefix: string; copies: boolean } = { prefix: '', copies: false },
): void {
  layout.tensors.push({ name, shape, ...(changes ? { next: `next/${name}` } : {}) })
  let offset = 0
  for (const { name: member, shape } of members) {
    layout.placements.push({
      name: prefix + member,
      shape,
      state: name,
      offset,
      ...(copies ? { startsAt: member } : {}),
    })
    offset += sizeOf(shape)
  }
}

/** Declares parameters and statistics as graph inputs and gives each by name. */
export function declareWeights(graph: Graph, { groups, statistics }: StateLayout): Map<string, Value> {
  const values = new Map<string, Value>()
  for (const { state, members } of groups) {
    const whole = graph.input(state, 'float32', groupShape(members))
    if (members.length === 1) values.set(members[0]!.name, whole)
    else graph.within('unpack', () => unpack(whole, members, values))
  }
  if (statistics.length) unpack(graph.input(STATISTICS, 'float32', [total(sizesOf(statistics))]), statistics, values)
  return values
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
const inputNamed = (graph: Graph, name: string): Value | undefined => graph.inputs.find(input => input.name === name)
/** The state tensor as an input of this graph, declared where it is not yet. */
export const held = (graph: Graph, layout: StateLayout, name: string): Value =>
  inputNamed(graph, name) ?? graph.input(name, 'float32', layout.tensors.find(t => t.name === name)!.shape)

/** Gradients of the members of a group in the form of its state tensor. */
export const groupGradient = ({ members }: Pick<Group, 'members'>, grads: ReadonlyMap<string, Value>): Value =>
  members.length === 1 ? grads.get(members[0]!.name)! : joined(members.map(spec => flat(grads.get(spec.name)!)))

/** The reverse: a value in the form of a group's state tensor, taken apart into its members. */
export function groupMembers({ members }: Pick<Group, 'members'>, whole: Value, values: Map<string, Value>): void {
  if (members.length === 1) values.set(members[0]!.name, whole)
  else unpack(whole, members, values)
}

/** Adds the update of every group and declares the next state; `keep` may hold back what is new. */
export function updateParameters(
  graph: Graph,
  layout: StateLayout,
  grads: ReadonlyMap<string, Value>,
  keep: (next: Value, before: Value) => Value = next => next,
): void {
  const scalars = layout.rules.map((rule, r) =>
    Object.fromEntries(
      Object.keys(rule.scalars(1, rule.learningRate)).map(name => {
        const full = `rule${r}/${name}`
        layout.scalarNames.push(full)
        return [name, graph.input(full, 'float32', [])]
      }),
    ),
  )
  for (const group of layout.groups) {
    const { state, rule, ruleIndex, decays } = group
    if (!rule) continue
    graph.within(`update/${state}`, () => {
      const slots = Object.fromEntries(rule.slots.map(slot => [slot, held(graph, layout, slotState(state, slot))]))
      const before = held(graph, layout, state)
      const updated = rule.update({
        parameter: before,
        gradient: groupGradient(group, grads),
        slots,
        scalars: scalars[ruleIndex]!,
        decays,
      })
      const next = keep(updated.parameter, before)
      average(graph, layout, state, next)
      graph.output(next, `next/${state}`)
      for (const slot of rule.slots)
        graph.output(keep(updated.slots[slot]!, slots[slot]!), `next/${slotState(state, slot)}`)
    })
  }
}

/** Scalar inputs of a step that averages. */
export const KEEP_AVERAGE = 'average/keep'
export const TAKE_WEIGHTS = 'average/take'

/** average = keep · average + take · x */
function average(graph: Graph, layout: StateLayout, state: string, x: Value): void {
  if (!layout.averaged) return
  const factor = (name: string): Value => inputNamed(graph, name) ?? graph.input(name, 'float32', [])
  const before = held(graph, layout, averageState(state))
  const next = add(mul(before, factor(KEEP_AVERAGE)), mul(x, factor(TAKE_WEIGHTS)))
  graph.output(next, `next/${averageState(state)}`)
}

/** The average of running statistics; `running`: their next value, where it is not what this graph is given. */
export function averageStatistics(graph: Graph, layout: StateLayout, running?: Value): void {
  if (layout.statistics.length) average(graph, layout, STATISTICS, running ?? held(graph, layout, STATISTICS))
}

/** running = momentum · running + (1 - momentum) · batch, all statistics in one vector; that next value. */
export function updateStatistics(
  graph: Graph,
  layout: StateLayout,
  batch: ReadonlyMap<string, Value>,
): Value | undefined {
  const { statistics } = layout
  if (!statistics.length) return undefined
  return graph.within('update/statistics', () => {
    const seen = statistics.map(spec => flat(batch.get(spec.name)!))
    const fresh = seen.length === 1 ? identity(seen[0]!) : joined(seen)
    const running = held(graph, layout, STATISTICS)
    const momenta = new Set(statistics.map(spec => spec.momentum))
    const [only] = momenta
    const spread = (f: (momentum: number) => number): Value =>
      momenta.size === 1
        ? graph.float(f(only!))
        : graph.constant(
            float32(statistics.flatMap(spec => new Array<number>(sizeOf(spec.shape)).fill(f(spec.momentum)))),
          )
    const next = add(
      mul(
        running,
        spread(m => m),
      ),
      mul(
        fresh,
        spread(m => 1 - m),
      ),
    )
    return graph.output(next, `next/${STATISTICS}`)
  })
}
