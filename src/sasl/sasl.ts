/**
 * SASL as SMTP carries it: which mechanisms there are, and how a response stands in a line.
 * RFC 4422, RFC 4954 §4.
 */
import { decodeBase64, encodeBase64 } from '../base/base64.ts'
import { LoginClient, LoginServer } from './login.ts'
import type { ClientMechanism, Credentials, MechanismName, ServerMechanism } from './mechanism.ts'
import { ScramClient } from './scram.ts'
import { PlainClient, PlainServer } from './plain.ts'

/** The mechanisms a server offers, strongest first. */
export const mechanismNames: readonly MechanismName[] = ['PLAIN', 'LOGIN']

/** A mechanism by the name a client sent, in any case; `undefined` when we do not have it. */
export function serverMechanism(name: string): ServerMechanism | undefined {
  switch (name.toUpperCase()) {
    case 'PLAIN':
      return new PlainServer()
    case 'LOGIN':
      return new LoginServer()
    default:
      return undefined
  }
}

/**
 * The best mechanism among those a server offers; `undefined` when we have none of them.
 *
 * @param credentials.nonce for SCRAM, which is not used without one
 * @param refused names in capitals that the server has refused to this client, and that are left out
 */
export function clientMechanism(
  offered: readonly string[],
  credentials: Credentials & { readonly nonce?: string | undefined },
  refused: readonly string[] = [],
): ClientMechanism | undefined {
  const names = offered.map((name) => name.toUpperCase()).filter((name) => !refused.includes(name))
  const { nonce } = credentials
  // The server does not see the password, and shows that it knows it.
  const scram = (['SCRAM-SHA-256', 'SCRAM-SHA-1'] as const).find((name) => names.includes(name))
  if (scram !== undefined && nonce !== undefined) {
    return new ScramClient(scram, { ...credentials, nonce })
  }
  if (names.includes('PLAIN')) return new PlainClient(credentials)
  // LOGIN has no place for an authorization identity.
  if (names.includes('LOGIN') && credentials.authorizationId === '') {
    return new LoginClient(credentials)
  }
  return undefined
}

/** A line that a client sent as response. */
export type ResponseLine =
  | { readonly type: 'response'; readonly octets: Uint8Array }
  | { readonly type: 'cancel' }
  | { readonly type: 'malformed' }

/** Reads a response line: base64, or `*` to give up. RFC 4954 §4. */
export function readResponse(line: string): ResponseLine {
  if (line === '*') return { type: 'cancel' }
  const octets = decodeBase64(line)
  return octets === undefined ? { type: 'malformed' } : { type: 'response', octets }
}

/** Reads an initial response: base64, or `=` for an empty one. RFC 4954 §4. */
export function readInitialResponse(text: string): Uint8Array | undefined {
  if (text === '=') return new Uint8Array(0)
  // An empty initial response is written "=", so an empty text here is no response at all.
  return text === '' ? undefined : decodeBase64(text)
}

/** Writes an initial response for the AUTH line. */
export function formatInitialResponse(octets: Uint8Array): string {
  return octets.length === 0 ? '=' : encodeBase64(octets)
}
