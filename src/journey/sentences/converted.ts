import type { ConvertedStep, NamedSignature } from '../converted-step.ts'
import { listed, quoted, type Sentence } from '../sentence.ts'

/** Tells that a letter was converted for a server without 8BITMIME, and what it cost. */
export function tellConverted(step: ConvertedStep): Sentence {
  const { host, octetsBefore, octetsAfter, signed, sealed, broken } = step
  return {
    id: 'converted',
    label: 'converted',
    question: `Does ${quoted(host)} take octets over 127?`,
    answer:
      `No, it does not offer 8BITMIME, so ${whatBecame(step)}:` +
      ` ${octetsBefore} octets became ${octetsAfter}.${signedAgain(step)}${nowBroken(broken)}`,
    verdict: broken.length > 0 || signed?.keys.length === 0 ? 'warn' : 'note',
    rules: [
      'RFC 6152 §3',
      'RFC 2045 §6',
      ...(signed === undefined ? [] : ['RFC 6376 §5.3']),
      ...(sealed === undefined ? [] : ['RFC 8617 §5.1']),
      ...(broken.length === 0 ? [] : ['RFC 6376 §6.1']),
    ],
    details: {
      host,
      parts: step.parts,
      converted: step.converted,
      octets_before: octetsBefore,
      octets_after: octetsAfter,
      signed: signed ?? null,
      sealed: sealed ?? null,
      broken,
    },
  }
}

/** `its text/plain became quoted-printable and 3 more parts were coded`. */
function whatBecame({ parts, converted }: ConvertedStep): string {
  // Only text behind the last part, or before the first, which no reader is shown.
  if (converted === 0) return 'what stands between its parts was made ASCII'
  const named = parts.slice(0, 3).map(({ type, to }) => `its ${quoted(type, 80)} became ${to}`)
  const more = converted - named.length
  if (more === 0) return listed(named)
  return listed([...named, more === 1 ? '1 more part was coded' : `${more} more parts were coded`])
}

function signedAgain({ signed, sealed }: ConvertedStep): string {
  if (sealed !== undefined) return ` It is sealed again by ${named(sealed)}.`
  if (signed === undefined) return ''
  const { domain, keys } = signed
  if (keys.length === 0) return ` It is not signed any more: ${quoted(domain)} has no key now.`
  const all = keys.map(({ selector }) => named({ domain, selector }))
  return ` It is signed again by ${listed(all)}.`
}

function nowBroken(broken: readonly NamedSignature[]): string {
  if (broken.length === 0) return ''
  const some = broken.slice(0, 3).map(named)
  const more = broken.length - some.length
  const all = listed(more === 0 ? some : [...some, `${more} more`])
  return broken.length === 1
    ? ` The signature of ${all} was over the letter as it came, and no longer verifies.`
    : ` The signatures of ${all} were over the letter as it came, and no longer verify.`
}

function named({ domain, selector }: NamedSignature): string {
  return `${quoted(domain, 100)} (${quoted(selector, 80)})`
}
