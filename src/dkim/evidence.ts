/** What a verdict rests on, gathered: hashes expected and found, and what differs. */

import type { BodyHash } from '../signature/body-hash.ts'
import type { PublicKey } from '../signature/public-key.ts'
import { hashBase64, recoverHash, verifySignature } from '../signature/signature-crypto.ts'
import { hashOf, keyTypeOf } from '../signature/signature.ts'
import type { DkimSignature } from './signature-field.ts'
import type {
  DkimBodyEvidence,
  DkimCanonicalForms,
  DkimEvidence,
  DkimHeaderEvidence,
  DkimKeyEvidence,
  DkimReason,
  DkimReasonCode,
  DkimRemark,
} from './verdict.ts'

/** The evidence as far as it was gathered. */
export interface Found {
  readonly key: DkimKeyEvidence
  readonly keyBits?: number
  readonly header?: DkimHeaderEvidence
  readonly body: DkimBodyEvidence
  readonly testing?: boolean
  readonly canonical?: DkimCanonicalForms | undefined
}

/** The evidence as a verdict has it. */
export function evidence(found: Found): DkimEvidence {
  return {
    testing: found.testing ?? false,
    remarks: remarksOn(found),
    key: found.key,
    ...(found.keyBits === undefined ? {} : { keyBits: found.keyBits }),
    ...(found.header === undefined ? {} : { header: found.header }),
    body: found.body,
    ...(found.canonical === undefined ? {} : { canonical: found.canonical }),
  }
}

function remarksOn(found: Found): readonly DkimRemark[] {
  const remarks: DkimRemark[] = []
  const { octets, covered, uncovered } = found.body
  if (uncovered > 0) {
    const text = `The signature covers ${covered} of ${octets} octets of the body; ${uncovered} at its end could be anybody's (l=).`
    remarks.push({ code: 'body-partly-signed', text })
  }
  if (found.testing === true) {
    remarks.push({ code: 'key-testing', text: 'The domain is only testing its key (t=y).' })
  }
  if (found.key.records > 1) {
    const text = `There are ${found.key.records} records at ${found.key.name}, where one should be.`
    remarks.push({ code: 'several-key-records', text })
  }
  return remarks
}

/** Checks the signature over the canonical header `octets` (RFC 6376 §6.1.3). */
export function headerEvidence(
  signature: DkimSignature,
  key: PublicKey,
  octets: Uint8Array,
): DkimHeaderEvidence {
  const { algorithm } = signature
  const hash = hashBase64(hashOf(algorithm), octets)
  const right = verifySignature({
    algorithm,
    octets,
    key,
    signature: signature.signature,
  })
  if (right) return { hash, octets: octets.length, signature: 'match' }
  const signedHash = recoverHash(key, hashOf(algorithm), signature.signature)
  const differs = { hash, octets: octets.length, signature: 'differs' } as const
  return signedHash === undefined ? differs : { ...differs, signedHash }
}

/** Compares `bh=` with what the body came to. */
export function bodyEvidence(signature: DkimSignature, found: BodyHash): DkimBodyEvidence {
  return {
    expected: signature.bodyHash,
    found: found.hash,
    hash: signature.bodyHash === found.hash ? 'match' : 'differs',
    octets: found.octets,
    covered: found.covered,
    uncovered: found.octets - found.covered,
    ...(signature.bodyLength === undefined ? {} : { limit: signature.bodyLength }),
  }
}

/** What differs, if anything does, and so far as that can be told. */
export function mismatchOf(
  signature: DkimSignature,
  header: DkimHeaderEvidence,
  body: DkimBodyEvidence,
): DkimReason | undefined {
  const bodyDiffers = body.hash === 'differs'
  if (header.signature === 'match') {
    if (!bodyDiffers) return undefined
    const text = 'The body is not the one that was signed: its hash differs from bh=.'
    return { code: 'body-hash-mismatch', text, tag: 'bh' }
  }
  const also = bodyDiffers ? ' The body hash differs as well.' : ''
  let code: DkimReasonCode
  let text: string
  if (header.signedHash !== undefined) {
    code = bodyDiffers ? 'header-and-body-hash-mismatch' : 'header-hash-mismatch'
    text = 'The key is right, but the signed header fields are not those that were signed.'
  } else {
    code = bodyDiffers ? 'signature-and-body-hash-mismatch' : 'signature-mismatch'
    text =
      keyTypeOf(signature.algorithm) === 'rsa'
        ? 'The signature was not made with the published key, or was changed on the way.'
        : 'The signature does not fit the published key and the signed header fields.'
  }
  return { code, text: `${text}${also}`, tag: 'b' }
}
