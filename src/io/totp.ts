import { createHmac, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'

/** How long a code holds (RFC 6238 §5.2), and how many digits it has. */
const stepMs = 30_000
const digits = 6

/** RFC 4648 §6 */
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** A new secret: 160 bits of chance (RFC 4226 §4, R6), in base 32 as apps take it. */
export function newTotpSecret(): string {
  return base32(randomBytes(20))
}

/** The address that apps read from a picture or a link. */
export function totpAddress(
  secret: string,
  names: { readonly hostname: string; readonly who: string },
): string {
  const { hostname, who } = names
  const issuer = `Waybill ${hostname}`
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(who)}`
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(issuer)}`
}

/** The code for a number (RFC 4226 §5.3). */
export function codeFor(secret: Uint8Array, counter: number, length: number = digits): string {
  const octets = Buffer.alloc(8)
  octets.writeBigUInt64BE(BigInt(counter))
  const mac = createHmac('sha1', secret).update(octets).digest()
  const offset = (mac.at(-1) ?? 0) & 15
  const number = mac.readUInt32BE(offset) & 0x7fff_ffff
  return String(number % 10 ** length).padStart(length, '0')
}

/**
 * The time step whose code this is: the one of now, the one before or the one behind, for clocks that
 * differ a little (RFC 6238 §5.2 and §6).
 *
 * @param now Unix milliseconds
 */
export function stepOfCode(secret: string, code: string, now: number): number | undefined {
  const given = code.replaceAll(/\s/g, '')
  if (!/^\d{6}$/.test(given)) return undefined
  const key = fromBase32(secret)
  const current = Math.floor(now / stepMs)
  return [current, current - 1, current + 1].find((step) => {
    return timingSafeEqual(Buffer.from(codeFor(key, step)), Buffer.from(given))
  })
}

/** Letters and digits that nobody mixes up. */
const plain = '23456789abcdefghjkmnpqrstvwxyz'

/** A code to fall back on: 10 letters, 49 bits of chance. */
export function newRecoveryCode(): string {
  const half = (): string =>
    Array.from({ length: 5 }, () => plain[randomInt(plain.length)]).join('')
  return `${half()}-${half()}`
}

/** Such a code as it is compared: however it was typed. */
export function typedRecoveryCode(text: string): string {
  return text.toLowerCase().replaceAll(/[^0-9a-z]/g, '')
}

/** Base 32 without padding. */
export function base32(octets: Uint8Array): string {
  let [bits, held, text] = [0, 0, '']
  for (const octet of octets) {
    bits = (bits << 8) | octet
    held += 8
    while (held >= 5) {
      held -= 5
      text += letters[(bits >> held) & 31]
      bits &= (1 << held) - 1
    }
  }
  return held === 0 ? text : text + letters[(bits << (5 - held)) & 31]
}

function fromBase32(text: string): Uint8Array {
  const octets: number[] = []
  let [bits, held] = [0, 0]
  for (const letter of text) {
    bits = (bits << 5) | letters.indexOf(letter)
    held += 5
    if (held < 8) continue
    held -= 8
    octets.push((bits >> held) & 255)
    bits &= (1 << held) - 1
  }
  return Uint8Array.from(octets)
}
