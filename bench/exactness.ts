/**
 * Bit for bit: two equal runs, a run with other data workers, and runs that are killed with SIGKILL at a random step
 * and resumed must all end with the same weights.
 *
 *     npx tsx bench/exactness.ts [--trials 20] [--steps 300] [--recipe baseline]
 *
 * Prints one line per run and exits with 1 if any hash differs.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { randomStream } from '../src/core/random.js'

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '20' },
    steps: { type: 'string', default: '300' },
    recipe: { type: 'string', default: 'baseline' },
  },
})
const [trials, steps] = [Number(values.trials), Number(values.steps)]
const fovea = join(import.meta.dirname, '../bin/fovea.js')
const folder = mkdtempSync(join(tmpdir(), 'fovea-exactness-'))
const chance = randomStream(Date.now(), 'kill')

/** Runs `fovea train`; with `killAtStep`, SIGKILLs the whole process group once the run has recorded that step. */
function train(args: readonly string[], out: string, killAtStep?: number): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [fovea, 'train', 'cifar10', ...args, '--json'], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let text = ''
    child.stdout.on('data', chunk => {
      text += chunk
    })
    const watch: NodeJS.Timeout | undefined =
      killAtStep === undefined
        ? undefined
        : setInterval(() => {
            // Steps are recorded now and then only; a moment more or less makes the place random within that grid too.
            if (lastStep(out) < killAtStep) return
            clearInterval(watch)
            setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), chance.uniform(0, 1500))
          }, 20)
    child.on('close', code => {
      clearInterval(watch)
      if (killAtStep !== undefined) return resolve(undefined)
      if (code !== 0) return reject(new Error(`fovea train ${args.join(' ')} ended with ${code}`))
      resolve((JSON.parse(text.trim().split('\n').at(-1)!) as { weightsSha256: string }).weightsSha256)
    })
  })
}

function lastStep(out: string): number {
  try {
    const steps = readFileSync(join(out, 'events.jsonl'), 'utf8').matchAll(/"type":"step","step":(\d+)/g)
    return Math.max(0, ...[...steps].map(match => Number(match[1])))
  } catch {
    return 0
  }
}

const hashes: string[] = []
const say = (what: string, hash: string): void => {
  hashes.push(hash)
  console.log(`${what.padEnd(44)} ${hash.slice(0, 16)}`)
}
const common = ['--recipe', values.recipe, '--max-steps', String(steps), '--seed', '7']
try {
  for (const workers of ['1', '1', '0', '2'])
    say(
      `uninterrupted, ${workers} data workers`,
      (await train([...common, '--data-workers', workers, '--out', join(folder, `plain-${hashes.length}`)], ''))!,
    )
  for (let trial = 0; trial < trials; trial++) {
    const out = join(folder, `killed-${trial}`)
    const at = chance.integer(Math.max(1, steps - 40))
    await train([...common, '--out', out], out, at)
    say(`killed at about step ${at}, resumed`, (await train(['--max-steps', String(steps), '--resume', out], out))!)
    rmSync(out, { recursive: true })
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
const different = hashes.filter(hash => hash !== hashes[0]).length
console.log(`${hashes.length - different} of ${hashes.length} runs ended with the same weights`)
process.exit(different === 0 ? 0 : 1)
