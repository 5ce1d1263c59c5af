import { decodeUtf8 } from '../base/octets.ts'

/**
 * The mechanisms a password can be checked with. Both show it to the server, so both belong under
 * TLS. Strongest first, as they are offered.
 */
export type MechanismName = 'PLAIN' | 'LOGIN'

/** What a client says about itself. */
export interface Credentials {
  /** Who to act for; empty means: as the user. RFC 4616 §2. */
  readonly authorizationId: string
  readonly username: string
  readonly password: string
}

/** What a server-side mechanism wants next. */
export type ServerStep =
  | { readonly type: 'challenge'; readonly octets: Uint8Array }
  /** The client has said everything; whether it is true is for others to find out. */
  | { readonly type: 'credentials'; readonly credentials: Credentials }
  | { readonly type: 'malformed'; readonly problem: string }

/** One log-in, seen from the server. A new object for each AUTH; done after the first result. */
export interface ServerMechanism {
  readonly name: MechanismName
  /** Starts with the client's initial response, or `null` when there was none. */
  start(initial: Uint8Array | null): ServerStep
  /** Takes the answer to the last challenge. */
  respond(response: Uint8Array): ServerStep
}

/** One log-in, seen from the client. */
export interface ClientMechanism {
  readonly name: MechanismName
  /** The initial response; `null` when the mechanism waits for the server first. */
  start(): Uint8Array | null
  /** The answer to a challenge; `undefined` when the mechanism has nothing more to say. */
  respond(challenge: Uint8Array): Uint8Array | undefined
}

/**
 * Octets a user name, authorization identity or password may have. RFC 4616 §2 asks for 255 at
 * least.
 */
export const maxFieldOctets = 1024

/** One field: UTF-8 without NUL and of bounded length. */
export function readField(octets: Uint8Array): string | undefined {
  if (octets.length > maxFieldOctets || octets.includes(0)) return undefined
  return decodeUtf8(octets)
}
