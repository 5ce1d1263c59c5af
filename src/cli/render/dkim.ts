import type { DkimDiff, DkimExcerpt, DkimVerdict } from '../../dkim/dkim.ts'
import { listed, quoted } from '../../journey/sentence.ts'
import { paint } from '../output.ts'

/** What is known of one signature, line by line. */
export function renderSignature(verdict: DkimVerdict): readonly string[] {
  const { result, domain = '?', selector = '?', algorithm = '?' } = verdict
  const who = `d=${quoted(domain)} s=${quoted(selector)} ${quoted(algorithm)}`
  const lines = [`signature ${verdict.index + 1}: ${result}  ${who}`]
  const add = (text: string): void => {
    lines.push(`  ${text}`)
  }
  if (verdict.result !== 'pass') add(`${quoted(verdict.reason.text, 400)} (${verdict.reason.code})`)
  const { key, keyBits, signedFields, header, body, remarks } = verdict
  if (key !== undefined) {
    const found = key.record === undefined ? key.answer : quoted(key.record, 120)
    add(`key: TXT ${key.name}: ${found}${keyBits === undefined ? '' : ` (${keyBits} bits)`}`)
  }
  if (signedFields !== undefined) add(`signs: ${quoted(signedFields.join(', '), 300)}`)
  if (header !== undefined) {
    const signed = header.signedHash === undefined ? '' : `, the signed one is ${header.signedHash}`
    add(
      `header: ${header.octets} octets, hash ${header.hash}, signature ${header.signature}${signed}`,
    )
  }
  if (body !== undefined) {
    const rest = body.uncovered > 0 ? `; ${body.uncovered} octets at the end are not signed` : ''
    const same =
      body.hash === 'match' ? body.found : `${body.found}, the signed one is ${body.expected}`
    add(`body: ${body.covered} of ${body.octets} octets, hash ${same}${rest}`)
  }
  for (const { text } of remarks) add(`note: ${quoted(text, 300)}`)
  return lines
}

/** The differences, each with the two texts and a mark under the first octet that differs. */
export function renderDiff(diff: DkimDiff & { readonly type: 'compared' }): string {
  const { domain, selector, canonicalization, signature, fields, body } = diff
  const lines = [
    `Compared under the signature of ${domain} (s=${selector}, c=${canonicalization}).`,
    `The signature itself is ${signatureTexts[signature]} in the received message.`,
  ]
  for (const { name, fromBottom, offset, sent, received } of fields) {
    const which = fromBottom === 1 ? name : `${name} (number ${fromBottom} from the bottom)`
    const what = change(sent, received)
    lines.push(
      '',
      `Field ${paint('bold', which)} ${what}${what === changed ? ` from octet ${offset} on` : ''}:`,
    )
    lines.push(...renderExcerpts(sent, received))
  }
  if (body !== undefined) {
    const octets = `${body.sentOctets} octets sent, ${body.receivedOctets} received`
    lines.push(
      '',
      `${paint('bold', 'Body')} differs from line ${body.line}, octet ${body.offset} on (${octets}):`,
    )
    lines.push(...renderExcerpts(body.sent, body.received))
  }
  if (fields.length === 0 && body === undefined)
    lines.push('', 'Nothing that was signed has changed.')
  else
    lines.push(
      '',
      `Changed: ${listed([...new Set(fields.map(({ name }) => name)), ...(body === undefined ? [] : ['the body'])])}.`,
    )
  return lines.join('\n')
}

const changed = 'differs'

function change(sent: DkimExcerpt | undefined, received: DkimExcerpt | undefined): string {
  if (sent === undefined) return 'was added'
  return received === undefined ? 'is gone' : changed
}

const signatureTexts = {
  same: 'unchanged',
  changed: 'changed',
  missing: 'missing',
} as const

function renderExcerpts(
  sent: DkimExcerpt | undefined,
  received: DkimExcerpt | undefined,
): readonly string[] {
  return [
    ...(sent === undefined ? [] : renderExcerpt('sent', sent)),
    ...(received === undefined ? [] : renderExcerpt('received', received)),
  ]
}

/** The text in one line, and a caret below the place. */
function renderExcerpt(label: string, { text, at, cutBefore, cutBehind }: DkimExcerpt): string[] {
  const before = `${cutBefore ? '...' : ''}${visible(text.slice(0, at))}`
  const behind = `${visible(text.slice(at))}${cutBehind ? '...' : ''}`
  const start = `  ${label.padEnd(9)}`
  const end = at >= text.length && !cutBehind ? paint('gray', '(ends here)') : ''
  return [
    `${start}${before}${paint('yellow', behind)}${end}`,
    `${' '.repeat(start.length + before.length)}^`,
  ]
}

/** Octets that a terminal does not show, or would obey, as escapes. */
function visible(octets: string): string {
  return octets
    .replaceAll('\\', '\\\\')
    .replaceAll('\r', '\\r')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replace(/[^\x20-\x7e]/g, (octet) => `\\x${octet.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
