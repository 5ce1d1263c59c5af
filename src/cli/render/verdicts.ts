import { displayText, octetsOf } from '../../base/octets.ts'
import type { VerifiedParts } from '../../inspect/verify-answer.ts'
import { quoted, type Sentence, type VerdictWord } from '../../journey/sentence.ts'
import { tellArc, tellDkim, tellDmarc, tellSpf } from '../../journey/sentences/verdicts.ts'
import { decodeEncodedWords } from '../../message/encoded-word.ts'
import { formatSpfTree } from '../../spf/spf.ts'
import { paint } from '../output.ts'
import { renderSignature } from './dkim.ts'
import { renderWalk } from './dmarc.ts'

const colours: Readonly<Record<VerdictWord, Parameters<typeof paint>[0]>> = {
  ok: 'green',
  pass: 'green',
  note: 'cyan',
  warn: 'yellow',
  fail: 'red',
  none: 'gray',
  skipped: 'gray',
  unknown: 'magenta',
}

/** One line: name, verdict word, sentence. */
export function renderSentence(sentence: Sentence): string {
  const word = (sentence.result ?? sentence.verdict).padEnd(9)
  return `  ${sentence.label.padEnd(7)}${paint(colours[sentence.verdict], word)} ${sentence.answer}`
}

/** The verdicts on a message, a line each; with `evidence`, what they rest on. */
export function renderVerdicts(
  { spf, dkim, arc, dmarc }: VerifiedParts,
  { evidence }: { readonly evidence: boolean },
): string {
  const lines: string[] = []
  const add = (sentence: Sentence, more: readonly string[]): void => {
    lines.push(renderSentence(sentence))
    if (evidence) lines.push(...more.map((line) => `      ${line}`))
  }
  if (spf === undefined) lines.push('  SPF    skipped   Not checked: --ip says where it came from.')
  else add(tellSpf(spf), formatSpfTree(spf).trimEnd().split('\n'))
  if (dkim !== undefined) add(tellDkim(dkim), dkim.flatMap(renderSignature))
  if (arc !== undefined && arc.result !== 'none') add(tellArc(arc), [])
  if (dmarc !== undefined) add(tellDmarc(dmarc), renderWalk(dmarc.walk))
  return lines.join('\n')
}

/** The words alone, for a list of messages: `spf=pass dkim=fail dmarc=fail`. */
export function verdictWords({ spf, dkim, dmarc }: VerifiedParts): string {
  return [
    ...(spf === undefined ? [] : [`spf=${spf.result}`]),
    ...(dkim === undefined ? [] : [`dkim=${tellDkim(dkim).result ?? ''}`]),
    ...(dmarc === undefined ? [] : [`dmarc=${dmarc.result}`]),
  ].join(' ')
}

/** The value of a header field for a terminal: decoded, one line, not endless. */
export function shownText(value: string | undefined): string {
  if (value === undefined) return ''
  return quoted(decodeEncodedWords(displayText(octetsOf(value.slice(0, 2000)))), 100)
}
