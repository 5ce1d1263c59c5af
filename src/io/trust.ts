import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'

/**
 * What Node trusts without being told: its own roots, those of NODE_EXTRA_CA_CERTS, and those of the
 * system where it was started with `--use-system-ca`; with further ones beside them. PEM.
 */
export function trustedBeside(further: readonly string[]): readonly string[] {
  return [...getCACertificates('default'), ...further]
}

/** To make one of all roots takes tens of milliseconds, which no connection should cost. */
const made = new WeakMap<readonly string[], SecureContext>()

/**
 * A context that trusts these authorities and no others: the same one for the same list.
 *
 * @param anchors PEM certificates; a list that is not changed
 */
export function trustContext(anchors: readonly string[]): SecureContext {
  const known = made.get(anchors)
  if (known !== undefined) return known
  const context = createSecureContext({ ca: [...anchors] })
  made.set(anchors, context)
  return context
}
