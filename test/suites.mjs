// Runs test projects one after the other and closes with one line that any CI can read: "N passed, N failed, N skipped".
// Usage: node test/suites.mjs rooms unit
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installSystemPackages } from './system-packages.mjs'

const suites = process.argv.slice(2)
if (suites.includes('heavy')) installSystemPackages()
const folder = mkdtempSync(join(tmpdir(), 'fovea-suites-'))
const vitest = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../node_modules/vitest/vitest.mjs')
const total = { passed: 0, failed: 0, skipped: 0 }
let broken = false
for (const suite of suites) {
  const file = join(folder, `${suite}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const { status } = spawnSync(process.execPath, [vitest, 'run', '--project', suite, ...reporters], {
    stdio: 'inherit',
  })
  broken ||= status !== 0
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'))
    total.passed += report.numPassedTests
    // A file that cannot even be loaded has no tests in it, and still failed.
    total.failed += Math.max(
      report.numFailedTests,
      report.numFailedTestSuites > 0 && report.numFailedTests === 0 ? 1 : 0,
    )
    total.skipped += report.numPendingTests + report.numTodoTests
  } catch {
    total.failed += 1
  }
}
rmSync(folder, { recursive: true })
if (broken && total.failed === 0) total.failed = 1
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exit(broken || total.failed > 0 || total.passed === 0 ? 1 : 0)
