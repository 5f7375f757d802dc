// What only some tests need beyond npm: Debian's chromium (the report in a browser; its SwiftShader driver for webgpu).
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const packages = [{ name: 'chromium', file: '/usr/bin/chromium' }]

/** Installs them where that is possible (root on Debian); elsewhere the tests that miss them say so and skip. */
export function installSystemPackages() {
  const missing = packages.filter(({ file }) => !existsSync(file)).map(({ name }) => name)
  if (missing.length === 0) return
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    console.warn(
      `missing ${missing.join(', ')}: the tests that need them will be skipped (install them with your system's package manager)`,
    )
    return
  }
  const run = args =>
    spawnSync('apt-get', args, { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
  run(['update', '-qq'])
  run(['install', '-y', '-qq', '--no-install-recommends', ...missing])
}
