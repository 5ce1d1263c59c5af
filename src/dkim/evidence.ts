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

/** Compares `bh=` with what the body came to, and says what `l=` leaves to anybody. */
export function dkimBodyEvidence(signature: DkimSignature, found: BodyHash): DkimBodyEvidence {
  return {
    ...bodyEvidence(signature.bodyHash, found),
    uncovered: found.octets - found.covered,
    ...(signature.bodyLength === undefined ? {} : { limit: signature.bodyLength }),
  }
}
