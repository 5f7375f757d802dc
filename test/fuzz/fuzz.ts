// Usage: npx tsx test/fuzz/fuzz.ts --count 200000 --seed 1
import { parseArgs } from 'node:util'
import { fuzz } from './run-fuzz.js'

const { values } = parseArgs({
  options: { count: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' } },
})
const result = await fuzz({
  count: Number(values.count),
  seed: Number(values.seed),
  onProgress: done => process.stderr.write(`${done} of ${values.count}\n`),
})
for (const finding of result.findings.slice(0, 50)) console.log(JSON.stringify(finding))
const { inputs, read, refused, findings } = result
console.log(`${inputs} inputs: ${read} read, ${refused} refused, ${findings.length} findings`)
process.exitCode = findings.length > 0 || inputs < Number(values.count) ? 1 : 0
