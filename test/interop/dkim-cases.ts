import { createPrivateKey } from 'node:crypto'
import { seededRandom } from '../../src/base/random.ts'
import { formatDkimRecord, generateDkimKey } from '../../src/dkim/dkim.ts'

export type Form = 'simple' | 'relaxed'

export const canonicalizations: readonly { readonly header: Form; readonly body: Form }[] = [
  { header: 'simple', body: 'simple' },
  { header: 'simple', body: 'relaxed' },
  { header: 'relaxed', body: 'simple' },
  { header: 'relaxed', body: 'relaxed' },
]

export const signingDomain = 'north.example'

/** A key of each kind; the selector is its type. */
export const keys = (['rsa', 'ed25519'] as const).map((type) => {
  const pair = generateDkimKey(type)
  return {
    type,
    algorithm: `${type}-sha256` as const,
    privateKey: pair.privateKey,
    recordName: `${type}._domainkey.${signingDomain}`,
    record: formatDkimRecord(pair),
  }
})

/** Name → text of every key record. */
export const records: Readonly<Record<string, string>> = Object.fromEntries(
  keys.map(({ recordName, record }) => [recordName, record]),
)

/** The 32 octets of an Ed25519 private key, base64: how python3-dkim wants it (RFC 8032 §5.1.5). */
export function ed25519Seed(privateKey: string): string {
  const der = createPrivateKey(privateKey).export({ type: 'pkcs8', format: 'der' })
  return der.subarray(-32).toString('base64')
}

export interface Letter {
  readonly name: string
  readonly text: string
  /**
   * Whether a milter sees these octets. It is given values without the white space before them, and
   * messages that came by SMTP, whose last line has an end.
   */
  readonly milter: boolean
}

const fields = [
  'From: Anna <a@north.example>',
  'To: b@south.example,',
  '\tc@south.example',
  'Subject: two  spaces \t and a tab ',
  'Date: Mon, 23 Nov 2026 10:00:00 +0000',
  'Message-ID: <1@north.example>',
  'X-Folded: one',
  '  two',
]

/** Letters with what canonicalization must get right. Latin-1 text, CRLF. */
export const letters: readonly Letter[] = [
  { name: 'plain', body: 'Hello.\r\n' },
  { name: 'no body at all', body: '' },
  { name: 'an empty line', body: '\r\n' },
  { name: 'empty lines at the end', body: 'Hello.\r\n\r\n\r\n' },
  { name: 'no line end at the end', body: 'Hello.', milter: false },
  { name: 'white space everywhere', body: '  a \t b  \r\n\t\r\n \r\nc\t\r\n \r\n' },
  { name: 'only white space', body: ' \t \r\n' },
  { name: '8-bit octets', body: 'Gr\xfc\xdfe \xe2\x82\xac\r\n' },
  { name: 'dots', body: '.\r\n..\r\n.x\r\n' },
  { name: 'many lines', body: 'line of text\r\n'.repeat(3000) },
  {
    name: 'space before values',
    body: 'Hello.\r\n',
    milter: false,
    before: 'Sender: \t a@b.example',
  },
].map(({ name, body, milter = true, before }) => {
  const header = before === undefined ? fields : [before, ...fields]
  return { name, text: `${header.join('\r\n')}\r\n\r\n${body}`, milter }
})

/** The text with one octet changed, added or lost somewhere; the same for the same seed. */
export function mutate(text: string, seed: number): string {
  const random = seededRandom(seed)
  const at = Math.floor(random() * text.length)
  const octet = ' \t;=:abDKIM.0+/,"'.charAt(Math.floor(random() * 17))
  const how = Math.floor(random() * 3)
  // Line ends stay: a bare one is no letter, and each verifier mends it in its own way.
  if (/[\r\n]/.test(text.charAt(at))) return text
  return text.slice(0, at) + (how === 0 ? '' : octet) + text.slice(how === 1 ? at : at + 1)
}
