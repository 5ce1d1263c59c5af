/** Codes of the TLS library, and what they mean to a person; the subject is the certificate. */
const meanings: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  CERT_REVOKED: 'it was revoked',
  CERT_UNTRUSTED: 'it comes from nobody that this server trusts',
  CERT_REJECTED: 'it is not meant for this',
  INVALID_PURPOSE: 'it is not meant for servers',
  INVALID_CA: 'it was issued by somebody who may not issue any',
  CERT_CHAIN_TOO_LONG: 'its chain is too long',
  CERT_SIGNATURE_FAILURE: 'its signature is wrong',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'it comes from an authority that this server does not trust',
  UNABLE_TO_GET_ISSUER_CERT: 'it comes from nobody that this server trusts',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'it comes from nobody that this server trusts',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'it comes from nobody that this server trusts',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another name',
}

/**
 * Why a certificate is not believed, in words that follow "the certificate is not valid:".
 *
 * @param code as the TLS library has it; one that is not known stands as it is
 */
export function describeCertificateProblem(code: string): string {
  return meanings[code] ?? `the TLS library says ${code.slice(0, 80)}`
}
