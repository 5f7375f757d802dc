import { describe, expect, it } from 'vitest'
import { runEnvironment } from './spawn-run.js'

describe('runEnvironment', () => {
  it('asks glibc for huge pages on Linux, beside what was asked before', () => {
    expect(runEnvironment({ PATH: 'p' }, 'linux')).toEqual({ PATH: 'p', GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' })
    expect(runEnvironment({ GLIBC_TUNABLES: 'glibc.malloc.check=3' }, 'linux').GLIBC_TUNABLES).toBe(
      'glibc.malloc.check=3:glibc.malloc.hugetlb=1',
    )
  })
  it("leaves the user's own choice and other systems alone", () => {
    const chosen = { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=0' }
    expect(runEnvironment(chosen, 'linux')).toBe(chosen)
    const mac = { PATH: 'p' }
    expect(runEnvironment(mac, 'darwin')).toBe(mac)
  })
})
