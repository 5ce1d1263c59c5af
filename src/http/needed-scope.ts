import type { Scope } from './access.ts'

/** What is asked with POST and changes nothing. */
const looks = new Set(['/v1/replays', '/v1/evaluations'])

/** What sends a letter. */
const sends = new Set(['/v1/messages', '/api/v1/send'])

/** By what people and programs come in: looking is for those who may change it. */
const credentials = ['/v1/keys', '/v1/second-factors']

/** What somebody must be allowed to do; `undefined`: nothing, anybody may ask that. */
export function neededScope(method: string, path: string): Scope | undefined {
  if (path.startsWith('/v1/health/') || path === '/v1/session') return undefined
  if (credentials.some((one) => path === one || path.startsWith(`${one}/`))) return 'manage'
  if (method === 'GET' || method === 'HEAD' || looks.has(path)) return 'read'
  if (method === 'POST' && sends.has(path)) return 'send'
  return 'manage'
}
