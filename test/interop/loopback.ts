import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * An address of 127.0.0.0/8 that nobody else has in mind. Peers that must be told their port get an
 * address of their own with it, so that no two tests can want the same place.
 */
export function ownAddress(): string {
  return `127.${randomInt(64, 224)}.${randomInt(1, 255)}.${randomInt(1, 255)}`
}

/** A port that is free at an address. */
export function freePort(address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host: address, port: 0 }, () => {
      const bound = server.address()
      server.close(() => {
        if (bound === null || typeof bound === 'string') reject(new Error('not a TCP address'))
        else resolve(bound.port)
      })
    })
  })
}
