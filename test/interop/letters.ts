import { generateDkimKey, formatDkimRecord, signDkim } from '../../src/dkim/dkim.ts'

export interface Letter {
  readonly from: string
  readonly to: string
  readonly subject: string
  readonly fields?: readonly string[]
  readonly body?: readonly string[]
}

/** The letter as octets of the wire: CRLF line ends, ASCII. */
export function letterText({ from, to, subject, fields = [], body = ['Hello.'] }: Letter): string {
  return [
    `From: ${from}`,
    `To: ${to}`,
    `Subject: ${subject}`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${subject.replace(/[^a-z0-9]+/gi, '-')}@${from.slice(from.lastIndexOf('@') + 1)}>`,
    ...fields,
    '',
    ...body,
    '',
  ].join('\r\n')
}

/** A signing domain of the test: its key, and what stands in DNS for it. */
export class Signer {
  readonly domain: string
  readonly #pair = generateDkimKey('ed25519')

  constructor(domain: string) {
    this.domain = domain
  }

  get recordName(): string {
    return `s1._domainkey.${this.domain}`
  }

  get record(): string {
    return formatDkimRecord(this.#pair)
  }

  /** The letter with a signature in front. */
  sign(text: string): string {
    const key = { domain: this.domain, selector: 's1', privateKey: this.#pair.privateKey }
    const now = Math.floor(Date.now() / 1000)
    return signDkim(Buffer.from(text, 'latin1'), { keys: [key], now }).join('') + text
  }
}

/** The value of a header field, unfolded; the first of that name. */
export function fieldOf(text: string, name: string): string | undefined {
  const header = text.slice(0, text.search(/\r?\n\r?\n/)).replace(/\r?\n[ \t]+/g, ' ')
  const line = header
    .split(/\r?\n/)
    .find((one) => one.toLowerCase().startsWith(`${name.toLowerCase()}:`))
  return line?.slice(name.length + 1).trim()
}
