import { decodeBase64, encodeBase64 } from '../base/base64.ts'
import { decodeUtf8, encodeUtf8 } from '../base/octets.ts'
import type { ClientMechanism, ClientReply, Credentials, ScramProof } from './mechanism.ts'

/** RFC 7677 §4 asks for 4096 at least; whoever asks for less lets a thief guess quickly. */
const fewestIterations = 4096
/** More would let a server keep a core busy for longer than a second. */
const mostIterations = 1_000_000
/** Octets of a message of the server. */
const maxMessage = 4096

/** What the server says next. */
type State =
  | { readonly name: 'first' }
  | { readonly name: 'deriving'; readonly withoutProof: string }
  | { readonly name: 'final'; readonly serverSignature: Uint8Array }
  | { readonly name: 'proven' }

/**
 * SCRAM from the client's side, without channel binding (`n`): the password is not shown to the
 * server, and the server proves that it knows it. RFC 5802, RFC 7677. What must be hashed is asked
 * for by a wish, and `derived` goes on with it.
 */
export class ScramClient implements ClientMechanism {
  readonly name: 'SCRAM-SHA-256' | 'SCRAM-SHA-1'
  readonly #password: string
  readonly #nonce: string
  readonly #gs2: string
  readonly #firstBare: string
  #state: State = { name: 'first' }

  /** @param credentials.nonce printable ASCII without a comma, another one for each log-in */
  constructor(name: ScramClient['name'], credentials: Credentials & { readonly nonce: string }) {
    const { authorizationId, username, password, nonce } = credentials
    this.name = name
    this.#nonce = nonce
    this.#password = prepareText(password)
    const actsFor = authorizationId === '' ? '' : `a=${saslName(authorizationId)}`
    this.#gs2 = `n,${actsFor},`
    this.#firstBare = `n=${saslName(username)},r=${nonce}`
  }

  /** The server has proved that it knows the password. */
  get proven(): boolean {
    return this.#state.name === 'proven'
  }

  start(): Uint8Array {
    return encodeUtf8(this.#gs2 + this.#firstBare)
  }

  respond(challenge: Uint8Array): ClientReply {
    const text = challenge.length > maxMessage ? undefined : decodeUtf8(challenge)
    if (text === undefined) return impossible('its challenge is too long or not UTF-8')
    const state = this.#state
    switch (state.name) {
      case 'first':
        return this.#first(text)
      case 'final':
        return this.#final(text, state.serverSignature)
      case 'deriving':
      case 'proven':
        return impossible('it asks once more')
    }
  }

  derived({ clientProof, serverSignature }: ScramProof): Uint8Array {
    if (this.#state.name !== 'deriving') throw new Error('ScramClient: a proof that nobody wants')
    const { withoutProof } = this.#state
    this.#state = { name: 'final', serverSignature }
    return encodeUtf8(`${withoutProof},p=${encodeBase64(clientProof)}`)
  }

  /** RFC 5802 §7: `server-first-message`. */
  #first(text: string): ClientReply {
    const [, nonce = '', saltText = '', count = ''] =
      /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/=]+),i=(\d{1,9})(?:,.*)?$/s.exec(text) ?? []
    const salt = decodeBase64(saltText)
    if (nonce === '' || salt === undefined || salt.length === 0) {
      return impossible('its challenge is none of SCRAM')
    }
    // What does not go on from our own number may be an answer to somebody else.
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length) {
      return impossible('its nonce does not begin with ours')
    }
    const iterations = Number(count)
    if (iterations < fewestIterations || iterations > mostIterations) {
      return impossible(
        `it asks for ${iterations} iterations, and ${fewestIterations} to ${mostIterations} are taken`,
      )
    }
    const withoutProof = `c=${encodeBase64(encodeUtf8(this.#gs2))},r=${nonce}`
    this.#state = { name: 'deriving', withoutProof }
    const authMessage = `${this.#firstBare},${text},${withoutProof}`
    const hash = this.name === 'SCRAM-SHA-256' ? 'sha256' : 'sha1'
    const wish = { hash, password: this.#password, salt, iterations, authMessage } as const
    return { type: 'wish', wish }
  }

  /** RFC 5802 §7: `server-final-message`. */
  #final(text: string, wanted: Uint8Array): ClientReply {
    const [, error] = /^e=([^,]*)/.exec(text) ?? []
    if (error !== undefined) return impossible(`it says "${error.slice(0, 100)}"`)
    const [, signature = ''] = /^v=([A-Za-z0-9+/=]+)(?:,.*)?$/s.exec(text) ?? []
    if (signature !== encodeBase64(wanted)) {
      return impossible('it does not prove that it knows the password')
    }
    this.#state = { name: 'proven' }
    return { type: 'response', octets: new Uint8Array(0) }
  }
}

function impossible(because: string): ClientReply {
  return { type: 'impossible', because }
}

/** RFC 5802 §5.1: a comma ends a name, and an equals sign begins what stands for one. */
function saslName(text: string): string {
  return prepareText(text).replaceAll('=', '=3D').replaceAll(',', '=2C')
}

/**
 * A name or a password as it is hashed: SASLprep (RFC 4013 §2.1, §2.2) without its lists of what is
 * forbidden, which are for who chooses a password: spaces are a space, what is not seen goes, NFKC.
 */
export function prepareText(text: string): string {
  return text
    .replace(
      /\u00ad|\u034f|[\u1806\u2060\ufeff]|[\u180b-\u180d]|[\u200b-\u200d]|[\ufe00-\ufe0f]/gu,
      '',
    )
    .replace(/\p{Zs}/gu, ' ')
    .normalize('NFKC')
}
