import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readTarEntries } from './tar-entries.js'
import { type TarEntry, tarball } from './testing/tarball.js'

describe('readTarEntries', () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fovea-tar-'))
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  async function read(entries: TarEntry[] | Uint8Array, limit = 1e6, most = 100) {
    const path = join(directory, 'a.tar.gz')
    await writeFile(path, ArrayBuffer.isView(entries) ? entries : tarball(entries))
    return readTarEntries(path, new Map([['d/a.bin', most]]), limit)
  }
  const good: TarEntry = { name: 'd/a.bin', content: Buffer.from('hello') }

  it('gives the wanted files and passes over the rest', async () => {
    const found = await read([{ name: 'd/', type: '5' }, good, { name: 'd/other', content: Buffer.alloc(5000) }])
    expect([...found].map(([name, bytes]) => [name, Buffer.from(bytes).toString()])).toEqual([['d/a.bin', 'hello']])
  })

  const hostile: [string, TarEntry, RegExp][] = [
    [
      'a name with ..',
      { name: 'd/../../etc/x', content: Buffer.from('x') },
      /a name with '\.\.': 'd\/\.\.\/\.\.\/etc\/x'/,
    ],
    ['an absolute name', { name: '/etc/x', content: Buffer.from('x') }, /an absolute or malformed name/],
    ['a drive', { name: 'C:/x', content: Buffer.from('x') }, /an absolute or malformed name/],
    ['a backslash', { name: '..\\x', content: Buffer.from('x') }, /an absolute or malformed name/],
    ['a symbolic link', { name: 'd/a.bin', type: '2', link: '/etc/passwd' }, /a SymbolicLink entry/],
    ['a hard link', { name: 'd/b', type: '1', link: 'd/a.bin' }, /a Link entry/],
    ['a device', { name: 'd/b', type: '3' }, /a CharacterDevice entry/],
    ['the same name again', good, /every name once, received 'd\/a\.bin' twice/],
  ]
  for (const [what, entry, message] of hostile)
    it(`refuses ${what}`, () => expect(read([good, entry])).rejects.toThrow(message))

  it('refuses a file larger than allowed, and an archive that unpacks to too much', async () => {
    await expect(read([good], 1e6, 4)).rejects.toThrow(/expected at most 4 B for 'd\/a\.bin', received 5 B/)
    const bomb = tarball([{ name: 'zeros', content: Buffer.alloc(5_000_000) }])
    expect(bomb.length).toBeLessThan(100_000)
    await expect(read(bomb)).rejects.toThrow(/expected at most 1\.0 MB when unpacked/)
  })

  it('says that a cut or foreign file is no archive', async () => {
    const cut = tarball([
      good,
      { name: 'd/b', content: Buffer.from(Array.from({ length: 9000 }, (_, i) => (i * i) % 251)) },
    ])
    await expect(read(cut.subarray(0, cut.length - 20))).rejects.toThrow(/expected a whole \.tar\.gz archive/)
    await expect(read(Buffer.from('<html>sorry</html>'))).rejects.toThrow(/expected a whole \.tar\.gz archive/)
    await expect(read(gzipSync(Buffer.alloc(2000, 'x')))).rejects.toThrow(/expected a whole \.tar\.gz archive/)
  })
})
