/** What a handshake ends with when it fails: the TLS library's error, of which we read three fields. */
export interface TlsError {
  readonly message: string
  /** `ERR_SSL_WRONG_VERSION_NUMBER`, `ECONNRESET`. */
  readonly code?: string | undefined
  /** OpenSSL's own words: `wrong version number`. */
  readonly reason?: string | undefined
}

/** Parts of OpenSSL's words, the first that fits decides, and what they mean to a person. */
const meanings: readonly (readonly [RegExp, string])[] = [
  [
    /wrong version number|http request|packet length too long|bad record type|unexpected message/,
    'the other side answered with something that is not TLS',
  ],
  [
    /unsupported protocol|protocol version|version too low|wrong ssl version|no protocols available/,
    'the two sides have no version of TLS in common',
  ],
  [/no shared cipher|no ciphers available|insufficient security/, 'no cipher suits both sides'],
  [/handshake failure/, 'the other side found nothing that suits both (handshake_failure)'],
  [/alert unknown ca/, 'the other side does not know who issued our certificate (unknown_ca)'],
  [/certificate required/, 'the other side wants a certificate of ours (certificate_required)'],
  [
    /alert (?:bad|unsupported) certificate|alert certificate/,
    'the other side does not accept our certificate',
  ],
  [/unrecognized name/, 'the other side does not know the name that was asked for'],
  [/(?:dh|ee|ca) key too (?:small|weak)|md too weak|bad dh/, 'a key of the other side is too weak'],
  [/internal error/, 'the other side met an error of its own (internal_error)'],
  [
    /unexpected eof|socket hang up|socket disconnected|econnreset|epipe|close notify/,
    'the connection was closed before the handshake was done',
  ],
  [/econnaborted|timed? ?out|etimedout/, 'the connection was lost in the middle of the handshake'],
]

/**
 * Why TLS failed, in words for a person and never as the library's line of numbers and file names.
 * Behind them stand the library's few own words when they say more.
 */
export function describeTlsProblem({ message, code, reason }: TlsError): string {
  const heard = (reason ?? lastWords(message)).toLowerCase()
  const seen = `${heard} ${(code ?? '').toLowerCase().replaceAll('_', ' ')}`
  for (const [pattern, meaning] of meanings) if (pattern.test(seen)) return meaning
  return heard === '' ? 'the handshake failed' : `the TLS library says "${heard.slice(0, 120)}"`
}

/** `…:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/x.c:355:` */
function lastWords(message: string): string {
  const parts = message.trim().split(':')
  const error = parts.indexOf('error')
  return (error < 0 ? message : (parts[error + 4] ?? '')).trim()
}
