import { createReadStream, existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname } from 'node:path'

const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
}

/**
 * A plain file server on loopback: no header that a page might need and a user's server would not send. `place` gives
 * the file of a name in the address, which holds no slash; undefined or a file that is not there: 404.
 */
export async function serveFiles(
  place: (name: string) => string | undefined,
): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    const name = new URL(request.url!, 'http://localhost').pathname.slice(1) || 'index.html'
    const path = name.includes('/') ? undefined : place(name)
    if (path === undefined || !existsSync(path)) return response.writeHead(404).end()
    response.writeHead(200, { 'content-type': types[extname(name)] ?? 'application/octet-stream' })
    createReadStream(path).pipe(response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }
}
