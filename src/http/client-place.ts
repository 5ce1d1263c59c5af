import type { Context } from 'hono'
import { inNetwork, parseIp, parseNetwork, unmapIp } from '../base/ip.ts'
import { clientAddress } from '../io/client-address.ts'
import type { ApiEnv } from './api-types.ts'

/** From where a request comes. */
export interface Client {
  readonly ip: string
  /** Whether it came by HTTPS to the proxy before us. */
  readonly isSecure: boolean
}

/**
 * From where requests come. X-Forwarded-For and X-Forwarded-Proto are believed of these proxies alone:
 * anybody else writes there what they like. The last address is the one that the proxy itself saw.
 *
 * @param proxies addresses and networks
 */
export function clientPlace(proxies: readonly string[]): (c: Context<ApiEnv>) => Client {
  const isProxy = within(proxies)
  return (c) => {
    const peer = peerOf(c)
    if (!isProxy(peer)) return { ip: peer, isSecure: false }
    const last = lastOf(c.req.header('x-forwarded-for'))
    const isSecure = lastOf(c.req.header('x-forwarded-proto')).toLowerCase() === 'https'
    return { ip: parseIp(last) === undefined ? peer : last, isSecure }
  }
}

/** Whether an address is in one of these networks. */
export function within(places: readonly string[]): (text: string) => boolean {
  const networks = places.flatMap((text) => parseNetwork(text) ?? [])
  return (text) => {
    const ip = parseIp(text)
    if (ip === undefined) return false
    const plain = unmapIp(ip)
    return networks.some((one) => inNetwork(plain, one.ip, one.prefixLength))
  }
}

function lastOf(field = ''): string {
  return field.split(',').at(-1)?.trim() ?? ''
}

/** An address that cannot be told, as in tests without a socket, counts as one of its own. */
function peerOf(c: Context<ApiEnv>): string {
  return clientAddress(c.env?.incoming?.socket.remoteAddress ?? '0.0.0.0')
}
