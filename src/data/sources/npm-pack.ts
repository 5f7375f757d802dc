import { spawn } from 'node:child_process'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { FoveaError } from '../../core/errors.js'

export interface NpmPackOptions {
  /** The command; a test puts another in its place. */
  npm?: readonly string[]
  timeoutMs?: number
}

/** On Windows npm is a .cmd file, which only a shell starts; all arguments here are constants of this program. */
const ownNpm = (): readonly string[] => (process.platform === 'win32' ? ['npm.cmd'] : ['npm'])

function run(command: readonly string[], cwd: string, timeoutMs: number): Promise<{ code: number; output: string }> {
  return new Promise(resolve => {
    const [program, ...parameters] = command
    const child = spawn(program!, parameters, {
      cwd,
      stdio: ['ignore', 'ignore', 'pipe'],
      shell: process.platform === 'win32',
      timeout: timeoutMs,
    })
    let output = ''
    child.stderr.on('data', chunk => {
      output = `${output}${chunk}`.slice(-2000)
    })
    child.on('error', error => resolve({ code: -1, output: error.message }))
    child.on('close', (code, signal) =>
      resolve({ code: code ?? -1, output: signal ? `${output} (${signal})` : output }),
    )
  })
}

/**
 * Fetches the archive of an npm package, through the user's own npm with the user's own registry and proxy settings,
 * into `directory` (emptied first), and returns its path. Nothing is installed and no script of the package runs.
 */
export async function npmPack(spec: string, directory: string, options: NpmPackOptions = {}): Promise<string> {
  const { npm = ownNpm(), timeoutMs = 20 * 60_000 } = options
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  const command = [...npm, 'pack', spec, '--ignore-scripts', '--loglevel', 'error', '--pack-destination', '.']
  const { code, output } = await run(command, directory, timeoutMs)
  const archives = (await readdir(directory)).filter(name => name.endsWith('.tgz'))
  if (code === 0 && archives.length === 1) return join(directory, archives[0]!)
  const lastLines = output.trim().split('\n').slice(-3).join(' ')
  throw new FoveaError({
    where: `npm pack ${spec}`,
    expected: 'one .tgz file',
    received: lastLines || `exit code ${code}, ${archives.length} files`,
    fix: 'check that npm runs and reaches its registry',
  })
}
