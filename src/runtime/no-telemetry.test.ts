import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const script = `
import { writeFileSync } from 'node:fs'
const { createSession } = await import(${JSON.stringify(new URL('./node.ts', import.meta.url).href)})
const { deviceProbe } = await import(${JSON.stringify(new URL('./probe.ts', import.meta.url).href)})
const { model, x } = deviceProbe()
const session = await createSession(model)
await session.run({ x })
console.log(process.pid, process.env.ORT_DISABLE_TELEMETRY)
`

describe('the runtime', () => {
  it('keeps no identifier, queue or log of what it is used for', () => {
    const home = mkdtempSync(join(tmpdir(), 'fovea-home-'))
    try {
      // Continuous integration has a switch of its own in the runtime, which would answer in our place.
      const { ORT_DISABLE_TELEMETRY: _, CI: __, GITHUB_ACTIONS: ___, ...rest } = process.env
      const env = { ...rest, HOME: home, XDG_CACHE_HOME: join(home, 'cache'), TMPDIR: home }
      const parameters = ['--import', 'tsx', '--input-type=module', '-e', script]
      const answer = execFileSync(process.execPath, parameters, { env, encoding: 'utf8' })
      const [pid, variable] = answer.trim().split(' ')
      expect(variable).toBe('1')
      expect(existsSync(`/tmp/mat-debug-${pid}.log`)).toBe(false)
      expect(readdirSync(home).filter(name => !name.startsWith('tsx-'))).toEqual([])
    } finally {
      rmSync(home, { recursive: true, force: true })
    }
  })
})
