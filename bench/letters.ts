/** The letters that are measured with, and the DNS that vouches for them. */
import { type DkimKeyPair, formatDkimRecord, generateDkimKey, signDkim } from '../src/dkim/dkim.ts'

export const signingKey: DkimKeyPair = generateDkimKey('rsa')
const keyRecord = formatDkimRecord({ type: 'rsa', publicKey: signingKey.publicKey })

/** What the sender's domain says of itself; `client` is the address that may send. */
export function senderZone(client: string): Record<string, { TXT: string[]; MX?: string[] }> {
  return {
    'sender.example': { TXT: [`v=spf1 ip4:${client} -all`], MX: ['10 mx.sender.example'] },
    'b1._domainkey.sender.example': { TXT: [keyRecord] },
    '_dmarc.sender.example': { TXT: ['v=DMARC1; p=reject'] },
    // Nobody may send for this one: what names it is forged.
    'strict.example': { TXT: ['v=spf1 -all'], MX: ['10 mx.sender.example'] },
    '_dmarc.strict.example': { TXT: ['v=DMARC1; p=reject'] },
  }
}

/** A letter that a server which checks has to refuse: nothing vouches for its author. */
export function forgedLetterOf(octets: number): Buffer {
  const text = letterOf(octets).toString('latin1')
  return Buffer.from(text.replace(/^From: .*$/m, 'From: Boss <boss@strict.example>'), 'latin1')
}

export const signingTime = 1_790_000_000
const keys = [{ domain: 'sender.example', selector: 'b1', privateKey: signingKey.privateKey }]
/** What the body is made of, again and again. */
export const bodyLine = 'The quick brown fox jumps over the lazy dog, and writes home about it.\r\n'

/** A letter of about so many octets, not signed. */
export function letterOf(octets: number, serial = 1): Buffer {
  const header =
    `From: Sender <sender@sender.example>\r\nTo: <receiver@perf.example>\r\nSubject: Letter ${serial}\r\n` +
    `Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nMessage-ID: <${serial}@sender.example>\r\n` +
    'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n'
  const lines = Math.max(1, Math.ceil((octets - header.length) / bodyLine.length))
  return Buffer.from(header + bodyLine.repeat(lines), 'latin1')
}

/** The DKIM-Signature field for it, with its line end. */
export function signatureOf(letter: Uint8Array, now: number = signingTime): string {
  return signDkim(letter, { keys, now }).join('')
}

/** The letter with its signature in front. */
export function signedLetterOf(octets: number, serial = 1, now: number = signingTime): Buffer {
  const letter = letterOf(octets, serial)
  return Buffer.concat([Buffer.from(signatureOf(letter, now), 'latin1'), letter])
}
