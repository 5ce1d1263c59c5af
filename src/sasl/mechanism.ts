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

/** What SCRAM needs of somebody who can hash: all of it from these, and nothing else. RFC 5802 §3. */
export interface ScramWish {
  readonly hash: 'sha256' | 'sha1'
  /** As `prepareText` gives it. */
  readonly password: string
  readonly salt: Uint8Array
  readonly iterations: number
  readonly authMessage: string
}

/** ClientProof and ServerSignature of RFC 5802 §3. */
export interface ScramProof {
  readonly clientProof: Uint8Array
  readonly serverSignature: Uint8Array
}

/** What a client says to a challenge. */
export type ClientReply =
  | { readonly type: 'response'; readonly octets: Uint8Array }
  /** Something must be hashed first: `derived` goes on with it. */
  | { readonly type: 'wish'; readonly wish: ScramWish }
  /** There is nothing to say: the server is not one to log in to. Stands behind "because". */
  | { readonly type: 'impossible'; readonly because: string }

/** One log-in, seen from the client. */
export interface ClientMechanism {
  readonly name: MechanismName | 'SCRAM-SHA-256' | 'SCRAM-SHA-1'
  /** Whether a yes of the server may be believed: it has proved what it must prove. */
  readonly proven: boolean
  /**
   * Its challenges are words for people, and say nothing to the mechanism: some servers send them as
   * they are, and not in base64. Absent: what is not base64 ends the log-in.
   */
  readonly promptedInWords?: true
  /** The initial response; `null` when the mechanism waits for the server first. */
  start(): Uint8Array | null
  /** The answer to a challenge. */
  respond(challenge: Uint8Array): ClientReply
  /** What was wished for is there; gives the response. Absent: nothing is ever wished for. */
  derived?(proof: ScramProof): Uint8Array
}

/** Of a client that has said all that it has to say. */
export const nothingMore: ClientReply = { type: 'impossible', because: 'it asks for more' }

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
