import { type Dialer, dialTcp } from '../../io/dialer.ts'

/** A network in which each address is a port of this machine; nothing else can be reached. */
export class TestNetwork implements Dialer {
  readonly #ports = new Map<string, { readonly host: string; readonly port: number }>()
  readonly dialled: string[] = []

  at(ip: string, port: number, host = '127.0.0.1'): void {
    this.#ports.set(ip, { host, port })
  }

  async dial({
    ip,
    timeoutMs,
    localAddress,
  }: Parameters<Dialer['dial']>[0]): ReturnType<Dialer['dial']> {
    this.dialled.push(ip)
    const place = this.#ports.get(ip)
    if (place !== undefined) return dialTcp(place.host, place.port, timeoutMs, localAddress)
    return { type: 'failed', reason: 'refused', text: 'connection refused' }
  }

  realPlace(): undefined {
    return undefined
  }
}
