import { defineConfig } from 'vitest/config'

/** rooms and unit are the fast tests of `npm test`; heavy trains on real data; oracles compare with Python peers. */
const project = (name: string, include: string[], testTimeout = 60_000) => ({
  test: { name, include, testTimeout, hookTimeout: testTimeout, pool: 'forks' as const, maxWorkers: 2 },
})

export default defineConfig({
  test: {
    projects: [
      project('rooms', ['test/rooms/**/*.test.ts']),
      project('unit', ['src/**/*.test.ts', 'test/unit/**/*.test.ts']),
      project('heavy', ['test/end-to-end/**/*.test.ts'], 1_800_000),
      project('oracles', ['test/oracles/**/*.test.ts'], 900_000),
    ],
  },
})
