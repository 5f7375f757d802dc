import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { npmPack } from './npm-pack.js'
import { archiveSource, type PullRequest, type PullSource, pull } from './pull.js'
import { tarball } from './testing/tarball.js'
import { type ExpectedFile, sha1Of, verifyFiles } from './verified-files.js'

const a = Buffer.from('the first file')
const names = Buffer.from('cat\ndog\n')
const expected: ExpectedFile[] = [{ name: 'a.bin', sizeBytes: a.length, sha1: sha1Of(a) }, { name: 'names.txt' }]
const goodArchive = tarball([
  { name: 'set/a.bin', content: a },
  { name: 'set/names.txt', content: names },
])
const altered = tarball([
  { name: 'set/a.bin', content: Buffer.from('the wrong file') },
  { name: 'set/names.txt', content: names },
])

describe('pull', () => {
  let base: string
  let directory: string
  let server: Server
  let url: string
  let archive: Buffer
  let hits: number

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'fovea-pull-'))
    directory = join(base, 'datasets', 'set')
    archive = goodArchive
    hits = 0
    server = createServer((_, response) => {
      hits++
      response.writeHead(200, { 'content-length': archive.length, etag: '"1"' }).end(archive)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/set.tar.gz`
  })
  afterEach(async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
    await rm(base, { recursive: true, force: true })
  })

  const source = (md5?: string): PullSource =>
    archiveSource({ url, folder: 'set', maxBytes: 1e6, network: { retryDelayMs: 1 }, ...(md5 ? { md5 } : {}) })
  const request = (sources: PullSource[], notices: string[] = []): PullRequest => ({
    name: 'set',
    directory,
    expected,
    sources,
    onProgress: ({ stage, message }) => stage === 'notice' && notices.push(message),
  })
  const fallback: PullSource = {
    name: 'fallback',
    fetch: async () =>
      new Map([
        ['a.bin', a],
        ['names.txt', names],
      ]),
  }

  it('stores verified files and nothing else; the second time nothing is fetched', async () => {
    expect(await pull(request([source()]))).toEqual({ directory, source: url })
    expect((await readdir(directory)).sort()).toEqual(['a.bin', 'names.txt', 'stamp.json'])
    expect(await readFile(join(directory, 'a.bin'))).toEqual(a)
    expect((await pull(request([source()]))).source).toBe('cache')
    expect(hits).toBe(1)
  })

  it('an altered archive is named with both hashes, stores nothing, and the next source is tried', async () => {
    archive = altered
    const message = `a.bin from ${url}: expected SHA-1 ${sha1Of(a)}, received SHA-1 ${sha1Of(Buffer.from('the wrong file'))}`
    await expect(pull(request([source()]))).rejects.toThrow(message)
    expect((await readdir(directory)).filter(name => name !== 'downloads')).toEqual([])
    const notices: string[] = []
    expect((await pull(request([source(), fallback], notices))).source).toBe('fallback')
    expect(notices[0]).toContain(message)
    expect(notices[0]).toMatch(/Trying fallback\.$/)
  })

  it('checks the MD5 of an archive whose files have no published digest', async () => {
    const md5 = createHash('md5').update(goodArchive).digest('hex')
    await pull(request([source(md5)]))
    await rm(directory, { recursive: true })
    archive = altered
    await expect(pull(request([source(md5)]))).rejects.toThrow(`expected MD5 ${md5}, received MD5`)
  })

  it('names every source that failed', async () => {
    server.close()
    server.closeAllConnections()
    const broken: PullSource = { name: 'other', fetch: async () => new Map([['a.bin', a.subarray(1)]]) }
    const empty: PullSource = { name: 'empty', fetch: async () => new Map() }
    await expect(pull(request([source(), broken, empty]))).rejects.toThrow(
      /pull set: expected one source.*\(1\) .*ECONNREFUSED.*\(2\) verify a\.bin from other: expected 14 bytes, received 13 bytes.*\(3\) verify a\.bin from empty: expected a file of that name, received none/,
    )
  })

  it('two pulls at once fetch once', async () => {
    const results = await Promise.all([pull(request([source()])), pull(request([source()]))])
    expect(results.map(result => result.source).sort()).toEqual(['cache', url].sort())
    expect(hits).toBe(1)
  })

  it('a cached file that was altered is found by size, by hash when its time moved, and pulled again', async () => {
    await pull(request([fallback]))
    const path = join(directory, 'a.bin')
    expect(await verifyFiles(directory, expected)).toBe('verified')
    await writeFile(path, 'THE first file')
    await utimes(path, 1, 1)
    const wrong = sha1Of(Buffer.from('THE first file'))
    const message = `verify ${path}: expected SHA-1 ${sha1Of(a)}, received SHA-1 ${wrong}`
    await expect(verifyFiles(directory, expected)).rejects.toThrow(message)
    await writeFile(path, 'short')
    await expect(verifyFiles(directory, expected)).rejects.toThrow('expected 14 bytes, received 5 bytes')
    const notices: string[] = []
    expect((await pull(request([source()], notices))).source).toBe(url)
    expect(notices[0]).toContain('expected 14 bytes')
    expect(await verifyFiles(directory, expected)).toBe('verified')
  })

  it('hashes again only when a stamp does not fit; a file without any known hash counts as absent', async () => {
    await pull(request([fallback]))
    await utimes(join(directory, 'a.bin'), 5, 5)
    expect(await verifyFiles(directory, expected)).toBe('verified')
    const stamps = JSON.parse(await readFile(join(directory, 'stamp.json'), 'utf8'))
    expect(stamps['a.bin'].mtimeMs).toBe(5000)
    await writeFile(join(directory, 'names.txt'), 'cat\ncow\n')
    await utimes(join(directory, 'names.txt'), 6, 6)
    await expect(verifyFiles(directory, expected)).rejects.toThrow(/names\.txt: expected SHA-1/)
    await rm(join(directory, 'stamp.json'))
    expect(await verifyFiles(directory, expected)).toBe('absent')
  })
})

describe('npmPack', () => {
  let base: string
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'fovea-npm-'))
  })
  afterEach(() => rm(base, { recursive: true, force: true }))

  /** A stand-in for npm: a script that Node runs with npm's arguments. */
  const fake = async (code: string) => {
    const script = join(base, 'npm.cjs')
    await writeFile(script, code)
    return { npm: [process.execPath, script] }
  }

  it('asks npm for one archive in an emptied folder, without scripts', async () => {
    const npm = await fake(`require('fs').writeFileSync('x-1.0.0.tgz', process.argv.slice(2).join(' '))`)
    const folder = join(base, 'pack')
    await mkdir(folder)
    await writeFile(join(folder, 'old.tgz'), '')
    const path = await npmPack('x@1.0.0', folder, npm)
    expect(await readFile(path, 'utf8')).toBe('pack x@1.0.0 --ignore-scripts --loglevel error --pack-destination .')
    expect(existsSync(join(folder, 'old.tgz'))).toBe(false)
  })

  it("says npm's own last words, or that there is no npm", async () => {
    const failing = await fake(`console.error('npm error code E404'); process.exit(1)`)
    await expect(npmPack('x@1', join(base, 'p'), failing)).rejects.toThrow(
      /npm pack x@1: expected one \.tgz file, received npm error code E404/,
    )
    await expect(npmPack('x@1', join(base, 'p'), { npm: [join(base, 'none')] })).rejects.toThrow(/ENOENT/)
    const idle = await fake('')
    await expect(npmPack('x@1', join(base, 'p'), idle)).rejects.toThrow(/exit code 0, 0 files/)
  })
})
