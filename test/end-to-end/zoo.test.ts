import { beforeAll, describe, expect, it } from 'vitest'
import { type Evidence, evidenceOf } from '../unit/zoo/evidence.js'
import { families } from '../unit/zoo/families.js'
import { laws } from '../unit/zoo/laws.js'

const members = families.flatMap(({ file, larger }) =>
  larger.map(member => [`${file} ${member.what}`, member] as const),
)

describe.each(members)('%s', (_, member) => {
  let evidence: Evidence
  beforeAll(async () => {
    evidence = await evidenceOf(member)
  })
  it.each(Object.entries(laws))('%s', (_, law) => {
    expect(law(evidence)).toEqual([])
  })
})
