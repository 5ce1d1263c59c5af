import { encodeUtf8 } from '../base/octets.ts'
import {
  type ClientMechanism,
  type ClientReply,
  type Credentials,
  nothingMore,
  readField,
  type ServerMechanism,
  type ServerStep,
} from './mechanism.ts'

/** What the server waits for. */
type ServerState =
  | { readonly name: 'username' }
  | { readonly name: 'password'; readonly username: string }

/**
 * LOGIN: the server asks for user name and password in turn. No RFC; draft-murchison-sasl-login-00
 * says how it is used. The user name may come as initial response, as many clients send it.
 */
export class LoginServer implements ServerMechanism {
  readonly name = 'LOGIN'
  #state: ServerState = { name: 'username' }

  start(initial: Uint8Array | null): ServerStep {
    // An empty initial response carries no user name, so it is asked for.
    return initial === null || initial.length === 0 ? challenge('Username:') : this.respond(initial)
  }

  respond(response: Uint8Array): ServerStep {
    const field = readField(response)
    if (field === undefined) {
      return { type: 'malformed', problem: 'a field is too long, not UTF-8, or holds a NUL' }
    }
    if (field === '') return { type: 'malformed', problem: 'user name or password is empty' }
    switch (this.#state.name) {
      case 'username':
        this.#state = { name: 'password', username: field }
        return challenge('Password:')
      case 'password': {
        const { username } = this.#state
        return {
          type: 'credentials',
          credentials: { authorizationId: '', username, password: field },
        }
      }
    }
  }
}

/** LOGIN from the client's side. The words of the challenges differ, so only their order counts. */
export class LoginClient implements ClientMechanism {
  readonly name = 'LOGIN'
  readonly proven = true
  readonly promptedInWords = true
  readonly #toSay: string[]

  constructor(credentials: Credentials) {
    this.#toSay = [credentials.username, credentials.password]
  }

  start(): null {
    return null
  }

  respond(_challenge: Uint8Array): ClientReply {
    const next = this.#toSay.shift()
    return next === undefined ? nothingMore : { type: 'response', octets: encodeUtf8(next) }
  }
}

function challenge(text: string): ServerStep {
  return { type: 'challenge', octets: encodeUtf8(text) }
}
