import type { Result } from '../base/result.ts'
import type { ArcResults } from './results-field.ts'
import type { ArcSignature, UnusableField } from './signature-field.ts'
import { type ArcSignatureVerdict, maxResultsLength } from './verdict.ts'

/** What a verdict shows of a signature field before anything is checked; `null` of none. */
export function showSignature(
  read: Result<ArcSignature, UnusableField> | undefined,
): ArcSignatureVerdict | null {
  if (read === undefined) return null
  return read.ok ? unchecked(read.value) : unusable(read.problem)
}

/** The verdict on a signature that nothing depends on. */
export function unchecked({ claims }: ArcSignature): ArcSignatureVerdict {
  return { result: 'unchecked', ...claims }
}

/** The verdict on a field that cannot be used. */
export function unusable({ claims, reason }: UnusableField): ArcSignatureVerdict {
  return { result: 'fail', reason, ...claims }
}

/** What a verdict keeps of an ARC-Authentication-Results field. */
export function showResults({ text }: ArcResults): string {
  return text.slice(0, maxResultsLength)
}
