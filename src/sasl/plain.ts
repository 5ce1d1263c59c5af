import { concat, encodeUtf8 } from '../base/octets.ts'
import {
  type ClientMechanism,
  type ClientReply,
  type Credentials,
  nothingMore,
  readField,
  type ServerMechanism,
  type ServerStep,
} from './mechanism.ts'

/** PLAIN: `[authzid] NUL authcid NUL passwd` in one response. RFC 4616 §2. */
export class PlainServer implements ServerMechanism {
  readonly name = 'PLAIN'

  start(initial: Uint8Array | null): ServerStep {
    // RFC 4422 §5.1: without an initial response, the server asks with an empty challenge.
    if (initial === null) return { type: 'challenge', octets: new Uint8Array(0) }
    return this.respond(initial)
  }

  respond(response: Uint8Array): ServerStep {
    const first = response.indexOf(0)
    const second = first < 0 ? -1 : response.indexOf(0, first + 1)
    if (second < 0) return malformed('PLAIN wants two NULs between three fields')
    const authorizationId = readField(response.subarray(0, first))
    const username = readField(response.subarray(first + 1, second))
    const password = readField(response.subarray(second + 1))
    if (authorizationId === undefined || username === undefined || password === undefined) {
      return malformed('a field is too long, not UTF-8, or holds a NUL')
    }
    if (username === '' || password === '') return malformed('user name or password is empty')
    return { type: 'credentials', credentials: { authorizationId, username, password } }
  }
}

/** PLAIN from the client's side: everything in the initial response. */
export class PlainClient implements ClientMechanism {
  readonly name = 'PLAIN'
  readonly proven = true
  readonly #credentials: Credentials
  #sent = false

  constructor(credentials: Credentials) {
    this.#credentials = credentials
  }

  start(): Uint8Array {
    this.#sent = true
    const { authorizationId, username, password } = this.#credentials
    const nul = Uint8Array.of(0)
    const fields = [authorizationId, username, password].map(encodeUtf8)
    const [authzid = nul, authcid = nul, passwd = nul] = fields
    return concat([authzid, nul, authcid, nul, passwd])
  }

  respond(_challenge: Uint8Array): ClientReply {
    return this.#sent ? nothingMore : { type: 'response', octets: this.start() }
  }
}

function malformed(problem: string): ServerStep {
  return { type: 'malformed', problem }
}
