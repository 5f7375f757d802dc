/**
 * A contender of a comparison (see contest.ts): warms up, says its version, then for each number on stdin runs so many
 * steps and prints their ms as a JSON array.
 */
import { createInterface } from 'node:readline'
import { versions } from '../src/train/versions.js'

export async function answerTimings(warmup: number, run: (step: number) => Promise<unknown>): Promise<void> {
  let step = 0
  const timed = async (): Promise<number> => {
    const start = performance.now()
    await run(step++)
    return performance.now() - start
  }
  while (step < warmup) await timed()
  console.log(JSON.stringify({ version: versions().fovea }))
  for await (const line of createInterface({ input: process.stdin })) {
    const ms: number[] = []
    while (ms.length < Number(line)) ms.push(await timed())
    console.log(JSON.stringify(ms))
  }
}
