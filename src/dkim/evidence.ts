/** What a DKIM verdict rests on, gathered, and what should be known beside it. */

import type { BodyHash } from '../signature/body-hash.ts'
import { bodyEvidence } from '../signature/evidence.ts'
import type { DkimSignature } from './signature-field.ts'
import type {
  DkimBodyEvidence,
  DkimCanonicalForms,
  DkimEvidence,
  DkimHeaderEvidence,
  DkimKeyEvidence,
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
  const { key, keyBits, header, body, canonical } = found
  const made: { -readonly [Name in keyof DkimEvidence]: DkimEvidence[Name] } = {
    testing: found.testing ?? false,
    remarks: remarksOn(found),
    key,
  }
  if (keyBits !== undefined) made.keyBits = keyBits
  if (header !== undefined) made.header = header
  made.body = body
  if (canonical !== undefined) made.canonical = canonical
  return made
}

/** What should be known beside the result. */
export function remarksOn(found: Found): readonly DkimRemark[] {
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

/** Compares `bh=` with what the body came to, and says what `l=` leaves to anybody. */
export function dkimBodyEvidence(signature: DkimSignature, found: BodyHash): DkimBodyEvidence {
  const uncovered = found.octets - found.covered
  const body = { ...bodyEvidence(signature.bodyHash, found), uncovered }
  return signature.bodyLength === undefined ? body : { ...body, limit: signature.bodyLength }
}
