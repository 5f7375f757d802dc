import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { sampleClassifier, sampleNetworks } from '../../testing/sample-networks.js'
import { FILE_NAME } from './file-name.js'
import { openLiteRt } from './runtime.js'
import { writeTflite } from './write.js'

it('LiteRT keeps its log to itself, and leaves the console as it was', async () => {
  const said: unknown[] = []
  const spies = (['log', 'info', 'warn', 'error'] as const).map(name =>
    vi.spyOn(console, name).mockImplementation((...words) => said.push(words.join(' '))),
  )
  const place = await mkdtemp(join(tmpdir(), 'fovea-litert-'))
  try {
    const classifier = sampleClassifier(Object.values(sampleNetworks)[0]!)
    const options = { precision: 'fp32', layout: 'nhwc' } as const
    await writeFile(join(place, FILE_NAME), await writeTflite(classifier, options))
    const runtime = await openLiteRt(place, classifier, options)
    await runtime.predict(new Uint8Array(192), 1)
    await runtime.close()
    expect(said).toEqual([])
    console.log('INFO: of somebody else')
    expect(said).toEqual(['INFO: of somebody else'])
  } finally {
    for (const spy of spies) spy.mockRestore()
    await rm(place, { recursive: true })
  }
})
