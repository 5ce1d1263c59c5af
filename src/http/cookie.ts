/** Of a session behind HTTPS. Such a name is taken from this host by TLS alone, and for all paths. */
const secureName = '__Host-waybill'
/** Without HTTPS, where a browser would not keep the other one. */
const plainName = 'waybill_session'

/** The token of a session in the field Cookie (RFC 6265 §4.2.1). */
export function sessionIn(field: string | undefined): string | undefined {
  const pairs = (field ?? '').split(';').map((pair) => pair.trim())
  for (const name of [secureName, plainName]) {
    const found = pairs.find((pair) => pair.startsWith(`${name}=`))
    if (found !== undefined) return found.slice(name.length + 1)
  }
  return undefined
}

/**
 * The field Set-Cookie for a session: no script reads it, and no other site's page sends it along
 * (RFC 6265 §4.1). It ends with the browser; how long it counts is for the server to say.
 */
export function sessionCookie(token: string, isSecure: boolean): string {
  const attributes = `Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`
  return `${isSecure ? secureName : plainName}=${token}; ${attributes}`
}

/** The fields Set-Cookie that take every session away from the browser. */
export function noSessionCookies(): readonly string[] {
  return [sessionCookie('', true), sessionCookie('', false)].map((one) => `${one}; Max-Age=0`)
}
