import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { randomStream } from '../../core/random.js'
import { download } from './download.js'

const body = Buffer.alloc(200_000)
randomStream(1, 'body').fillBytes(body)

type Handler = (request: IncomingMessage, response: ServerResponse, hit: number) => void

describe('download', () => {
  let directory: string
  let path: string
  let server: Server | undefined
  const requests: { url: string; range: string | undefined; ifRange: string | undefined }[] = []

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fovea-download-'))
    path = join(directory, 'file.bin')
    requests.length = 0
  })
  afterEach(async () => {
    server?.closeAllConnections()
    await new Promise(resolve => (server ? server.close(resolve) : resolve(undefined)))
    server = undefined
    await rm(directory, { recursive: true, force: true })
  })

  /** Starts a server on 127.0.0.1 and gives its address. */
  async function serve(handler: Handler): Promise<string> {
    server = createServer((request, response) => {
      const { range, 'if-range': ifRange } = request.headers
      requests.push({ url: request.url!, range, ifRange: ifRange as string | undefined })
      handler(request, response, requests.length)
    })
    await new Promise<void>(resolve => server!.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.bin`
  }

  /** Answers as a good server does: whole, or the range when the ETag still holds. */
  const answer = (request: IncomingMessage, response: ServerResponse, etag = '"v1"', cutAfter = Infinity) => {
    const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
    const resume = start > 0 && request.headers['if-range'] === etag
    const part = resume ? body.subarray(start) : body
    response.writeHead(resume ? 206 : 200, {
      etag,
      'content-length': part.length,
      ...(resume ? { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` } : {}),
    })
    if (cutAfter >= part.length) response.end(part)
    else response.write(part.subarray(0, cutAfter), () => setTimeout(() => response.destroy(), 100))
  }
  const fast = { maxBytes: 300_000, retryDelayMs: 1, connectTimeoutMs: 2000, stallTimeoutMs: 2000 }

  it('brings the file, reports bytes, leaves nothing beside it', async () => {
    const url = await serve((request, response) => answer(request, response))
    const seen: number[] = []
    await download(url, path, { ...fast, onBytes: done => seen.push(done) })
    expect(await readFile(path)).toEqual(body)
    expect(seen.at(-1)).toBe(body.length)
    expect(await readdir(directory)).toEqual(['file.bin'])
  })

  it('a connection that dies again and again goes on where it stopped', async () => {
    const url = await serve((request, response, hit) => answer(request, response, '"v1"', hit < 4 ? 60_000 : Infinity))
    await download(url, path, fast)
    expect(await readFile(path)).toEqual(body)
    expect(requests.map(({ range }) => range)).toEqual([undefined, 'bytes=60000-', 'bytes=120000-', 'bytes=180000-'])
    expect(requests[1]!.ifRange).toBe('"v1"')
  })

  it('a later process goes on with the part of an earlier one; nothing appears under the final name before', async () => {
    let whole = false
    const url = await serve((request, response) => answer(request, response, '"v1"', whole ? Infinity : 0))
    const first = await serveOnce(url)
    expect(first).toMatch(/expected 200000 bytes, received 0 bytes, then/)
    expect(existsSync(path)).toBe(false)
    whole = true
    await download(url, path, fast)
    expect(await readFile(path)).toEqual(body)
  })

  const serveOnce = (url: string) => download(url, path, { ...fast, attempts: 1 }).then(String, String)

  it('begins anew when the file has changed on the server', async () => {
    const url = await serve((request, response, hit) =>
      answer(request, response, hit === 1 ? '"v1"' : '"v2"', hit === 1 ? 50_000 : Infinity),
    )
    await download(url, path, fast)
    expect(requests[1]).toMatchObject({ range: 'bytes=50000-', ifRange: '"v1"' })
    expect(await readFile(path)).toEqual(body)
  })

  it('begins anew where the server gives no mark of the version, or a range that does not fit', async () => {
    const url = await serve((_, response, hit) => {
      if (hit === 2) response.writeHead(206, { 'content-range': 'bytes 7-9/10' }).end('xxx')
      else if (hit === 1) {
        response.writeHead(200, { 'content-length': body.length })
        response.write(body.subarray(0, 1000), () => setTimeout(() => response.destroy(), 100))
      } else response.writeHead(200, { 'content-length': body.length }).end(body)
    })
    await download(url, path, fast)
    expect(requests.map(({ range }) => range)).toEqual([undefined, undefined, undefined])
    expect(await readFile(path)).toEqual(body)
  })

  it('gives up after tries that bring nothing new, and says what came', async () => {
    const url = await serve((request, response) => {
      delete request.headers.range
      answer(request, response, 'W/"weak"', 500)
    })
    await expect(download(url, path, { ...fast, attempts: 3 })).rejects.toThrow(
      /download http:.*: expected 200000 bytes, received 500 bytes, then aborted/,
    )
    expect(requests.length).toBe(4)
    expect(existsSync(path)).toBe(false)
  })

  it('fails at once for 404, retries 503', async () => {
    const missing = await serve((_, response) => response.writeHead(404).end('no'))
    await expect(download(missing, path, fast)).rejects.toThrow(/expected status 200 .*received status 404/)
    expect(requests.length).toBe(1)
    expect(await readdir(directory)).toEqual([])
    server!.close()
    requests.length = 0
    const busy = await serve((request, response, hit) =>
      hit < 3 ? void response.writeHead(503).end() : answer(request, response),
    )
    await download(busy, path, fast)
    expect(requests.length).toBe(3)
  })

  it('refuses an answer that is larger than allowed, announced or not', async () => {
    const announced = await serve((request, response) => answer(request, response))
    await expect(download(announced, path, { ...fast, maxBytes: 1000 })).rejects.toThrow(
      /expected at most 1\.0 kB, received 200 kB/,
    )
    server!.close()
    const silent = await serve((_, response) => void response.writeHead(200).end(body))
    await expect(download(silent, path, { ...fast, maxBytes: 1000 })).rejects.toThrow(/received more than that/)
    expect(await readdir(directory)).toEqual([])
  })

  it('follows redirects, but not for ever, and to http(s) only', async () => {
    const url = await serve((request, response, hit) =>
      hit < 4 ? void response.writeHead(302, { location: `/hop${hit}` }).end() : answer(request, response),
    )
    await download(url, path, fast)
    expect(requests.map(request => request.url)).toEqual(['/file.bin', '/hop1', '/hop2', '/hop3'])
    server!.close()
    const loop = await serve((_, response) => void response.writeHead(302, { location: '/again' }).end())
    await expect(download(loop, path, fast)).rejects.toThrow(/expected at most 5 redirects/)
    server!.close()
    const outward = await serve((_, response) => void response.writeHead(302, { location: 'file:///etc/passwd' }).end())
    await expect(download(outward, path, fast)).rejects.toThrow(/expected a redirect to an https address/)
    await expect(download('ftp://127.0.0.1/x', path, fast)).rejects.toThrow(/expected an http or https address/)
  })

  it('a host that cannot be reached fails at once; one that says nothing, after its time', async () => {
    const url = await serve((request, response) => answer(request, response))
    await new Promise(resolve => server!.close(resolve))
    await expect(download(url, path, { ...fast, retryDelayMs: 60_000 })).rejects.toThrow(/ECONNREFUSED/)
    const mute = await serve(() => undefined)
    const job = download(mute, path, { ...fast, stallTimeoutMs: 50, attempts: 1 })
    await expect(job).rejects.toThrow(/expected data within 0\.05 s, received none/)
  })
})
