import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const checkout = fileURLToPath(new URL('../..', import.meta.url))

export type Python = { path: string; missing?: undefined } | { path?: undefined; missing: string }

/**
 * The interpreter of the oracles: FOVEA_PYTHON, or the environment that `test/oracles/setup.sh` makes in the checkout.
 * Without one, `missing` says why; oracle tests then skip and print it.
 */
export function python(): Python {
  const chosen = process.env.FOVEA_PYTHON
  if (chosen) return existsSync(chosen) ? { path: chosen } : { missing: `FOVEA_PYTHON is '${chosen}': no such file` }
  const own = join(
    checkout,
    '.cache',
    'oracles',
    'venv',
    process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python',
  )
  if (existsSync(own)) return { path: own }
  return { missing: 'no Python with Keras: run test/oracles/setup.sh once, or set FOVEA_PYTHON' }
}
