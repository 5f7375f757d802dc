import { get as getHttp, type IncomingMessage } from 'node:http'
import { get as getHttps } from 'node:https'
import { FoveaError, messageOf } from '../../core/errors.js'

/** A failed request, and whether the same request may succeed a moment later. */
export class RequestError extends FoveaError {
  readonly retry: 'never' | 'connection' | 'transfer'
  constructor(retry: RequestError['retry'], where: string, expected: string, received: string, options?: ErrorOptions) {
    super({ where, expected, received }, options)
    this.name = 'RequestError'
    this.retry = retry
  }
}

export interface GetOptions {
  headers?: Record<string, string>
  /** Until the connection stands, milliseconds: an unreachable host should cost seconds, not minutes. */
  connectTimeoutMs: number
  /** Without a byte, milliseconds. */
  stallTimeoutMs: number
}

const MAX_REDIRECTS = 5

function getOnce(url: URL, { headers = {}, connectTimeoutMs, stallTimeoutMs }: GetOptions): Promise<IncomingMessage> {
  const where = `download ${url.href}`
  return new Promise((resolve, reject) => {
    // node:https, not fetch: fetch would undo a Content-Encoding that some servers put on .tar.gz files, and the
    // byte count and digest would no longer be the file's.
    const get = url.protocol === 'https:' ? getHttps : getHttp
    const request = get(url, { headers: { 'accept-encoding': 'identity', 'user-agent': 'fovea', ...headers } }, resolve)
    const timer = setTimeout(() => {
      const limit = `a connection within ${connectTimeoutMs / 1000} s`
      request.destroy(new RequestError('connection', where, limit, 'none'))
    }, connectTimeoutMs)
    let connected = false
    const onConnected = () => {
      connected = true
      clearTimeout(timer)
    }
    request.on('socket', socket => {
      if (!socket.connecting) onConnected()
      else socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', onConnected)
    })
    request.setTimeout(stallTimeoutMs, () =>
      request.destroy(new RequestError('transfer', where, `data within ${stallTimeoutMs / 1000} s`, 'none')),
    )
    request.on('error', error => {
      clearTimeout(timer)
      const answer = `${(error as NodeJS.ErrnoException).code ?? ''} ${messageOf(error)}`.trim()
      reject(
        error instanceof RequestError
          ? error
          : new RequestError(connected ? 'transfer' : 'connection', where, 'an answer', answer, { cause: error }),
      )
    })
  })
}

/** The next address of a redirect; never to another protocol family, and never from https down to http. */
function redirectTarget(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined
  const allowed = to?.protocol === 'https:' || (to?.protocol === 'http:' && from.protocol === 'http:')
  if (to && allowed) return to
  throw new RequestError('never', `download ${from.href}`, 'a redirect to an https address', location)
}

/** GET with at most five redirects. Resolves at the head of the answer, whatever its status; the body is untouched. */
export async function httpGet(url: string, options: GetOptions): Promise<IncomingMessage> {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new RequestError('never', 'download', 'an http or https address', url)
  let at = new URL(url)
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await getOnce(at, options)
    const { location } = response.headers
    if (![301, 302, 303, 307, 308].includes(response.statusCode ?? 0) || !location) return response
    response.destroy()
    at = redirectTarget(at, location)
  }
  throw new RequestError('never', `download ${url}`, `at most ${MAX_REDIRECTS} redirects`, 'more')
}
