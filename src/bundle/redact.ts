import { createHmac } from 'node:crypto'
import type { JourneyRecord } from '../journey/record.ts'

/** A local part before its @, also as it stands in xtext (RFC 3461 §4) and in URIs. */
const address = /("(?:[^"\\]|\\.)*"|[^\s<>()[\],:;"@]+?)(@|\+40|%40)(?=[^\s@])/gu
/**
 * Names of properties that stand before an address without a space. No others: a local part may have a
 * "=" as well, as where a list writes to `bounce-ann=example.org@list.example`.
 */
const property =
  /^(?:(?:smtp|header|policy|body)\.[\w-]+|i|auth|orcpt|rcpt|to|from|mailfrom|envelope-from|sender|recipient|login|user|account)=/i

/** Members that hold what people or other servers wrote. */
const freeText: ReadonlySet<string> = new Set([
  'text',
  'problem',
  'why',
  'comment',
  'because',
  'explanation',
  'summary',
  'rule',
])

/** Members that hold the letter itself, and are left out. */
const letterText: ReadonlySet<string> = new Set(['canonical', 'subject', 'listId', 'listPost'])

/**
 * Takes people out of journeys: each local part becomes a hash, the same one for the same text, that
 * only whoever knows `secret` could make again; subjects and parts of letters go. Domains, addresses
 * of machines and verdicts stay: they are what a journey is about.
 */
export class Redactor {
  readonly #secret: Uint8Array
  /** Local parts that were seen, in lower case: they may stand alone in what somebody wrote. */
  readonly #people = new Set<string>()

  constructor(secret: Uint8Array) {
    this.#secret = secret
  }

  /** A record with its later steps and what is told of it. Everything of a journey at one go. */
  journey<T extends { readonly record: JourneyRecord; readonly summary: string }>(journey: T): T {
    const { record } = journey
    const logins = [record.envelope.login, ...record.steps.map(accountOf)]
    for (const login of logins) if (login !== undefined) this.#remember(login)
    this.#learn(JSON.stringify(journey))
    return this.#value(journey, '') as T
  }

  /** A text with addresses in it, such as the JSON of a DNS answer. */
  fact(json: string): string {
    this.#learn(json)
    return JSON.stringify(this.#value(JSON.parse(json), ''))
  }

  #learn(text: string): void {
    for (const [, local = ''] of text.matchAll(address)) this.#remember(bare(local))
  }

  /** Short ones and words of a mail server would be found where nobody is meant. */
  #remember(local: string): void {
    const name = local.replace(/@.*$/, '').toLowerCase()
    if (name.length > 2) this.#people.add(name)
  }

  #value(value: unknown, key: string): unknown {
    if (typeof value === 'string') return this.#text(value, key)
    if (Array.isArray(value)) return value.map((one) => this.#value(one, key))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, inner]) => {
        if (name === 'canonical') return []
        return [[name, this.#value(inner, name)]]
      }),
    )
  }

  #text(text: string, key: string): string {
    if (letterText.has(key)) return ''
    // A login without a domain is a person as well.
    if ((key === 'login' || key === 'account') && text !== '' && !text.includes('@')) {
      return this.#hash(text)
    }
    const hidden = text.replace(address, (_all, local: string, at: string) => {
      const [before = ''] = property.exec(local) ?? []
      return `${before}${this.#hash(bare(local))}${at}`
    })
    return freeText.has(key) || isName(hidden) ? this.#alone(hidden) : hidden
  }

  /** Local parts that stand alone: in what another server said, in a name that a macro made. */
  #alone(text: string): string {
    return text.replace(/[\p{L}\p{N}_-]+(?:[.+][\p{L}\p{N}_-]+)*/gu, (word) => {
      if (this.#people.has(word.toLowerCase())) return this.#hash(word)
      const [first = '', ...rest] = word.split('.')
      const made = rest.length > 2 && this.#people.has(first.toLowerCase())
      return made ? [this.#hash(first), ...rest].join('.') : word
    })
  }

  #hash(local: string): string {
    const digest = createHmac('sha256', this.#secret).update(local.toLowerCase()).digest('hex')
    return `r-${digest.slice(0, 10)}`
  }
}

/** A name of four labels or more, of which the first may be what a macro of SPF made of a person. */
function isName(text: string): boolean {
  return /^[\w-]+(?:\.[\w-]+){3,}$/.test(text)
}

function bare(local: string): string {
  return local.replace(property, '').replace(/^"|"$/g, '')
}

function accountOf(step: JourneyRecord['steps'][number]): string | undefined {
  return step.type === 'login' || step.type === 'filed' ? step.account : undefined
}
