import { codeFor } from '../totp.ts'

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The code that an app with this secret shows in a time step, of 30 seconds each. */
export function appCode(secret: string, step: number = Math.floor(Date.now() / 30_000)): string {
  const bits = Array.from(secret, (letter) => {
    return letters.indexOf(letter).toString(2).padStart(5, '0')
  }).join('')
  const octets = bits.match(/.{8}/g)?.map((octet) => Number.parseInt(octet, 2)) ?? []
  return codeFor(Uint8Array.from(octets), step)
}
