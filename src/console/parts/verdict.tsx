import type { ComponentChildren } from 'preact'
import type { Check, Outcome, Step } from '../types.ts'

/** How something ended, for sign and colour; the word always stands beside it. */
export type Tone = 'pass' | 'warn' | 'fail' | 'none' | 'unknown' | 'wait'

const signs: Readonly<Record<Tone, string>> = {
  pass: '✓',
  warn: '!',
  fail: '✕',
  none: '–',
  unknown: '?',
  wait: '…',
}

const ofVerdict: Readonly<Record<Step['verdict'], Tone>> = {
  ok: 'pass',
  pass: 'pass',
  note: 'none',
  warn: 'warn',
  fail: 'fail',
  none: 'none',
  skipped: 'none',
  unknown: 'unknown',
}

/** The word that the terminal shows for a step. */
export function wordOf({ verdict, result }: Pick<Step, 'verdict' | 'result'>): string {
  return verdict === 'ok' ? 'ok' : (result ?? verdict)
}

export function toneOfStep({ verdict }: Pick<Step, 'verdict'>): Tone {
  return ofVerdict[verdict]
}

const ofWord: Readonly<Record<string, Tone>> = {
  pass: 'pass',
  ok: 'pass',
  none: 'none',
  neutral: 'none',
  policy: 'warn',
  softfail: 'warn',
  temperror: 'unknown',
  fail: 'fail',
  hardfail: 'fail',
  permerror: 'fail',
}

/** For a protocol's own word. Something that is not a verdict, like `TLSv1.3`, is well. */
function toneOfWord(word: string): Tone {
  return ofWord[word] ?? 'pass'
}

const ofStatus: Readonly<Record<string, Tone>> = {
  delivered: 'pass',
  caught: 'pass',
  quarantined: 'warn',
  refused: 'fail',
  failed: 'fail',
  deferred: 'wait',
  queued: 'wait',
  held: 'wait',
  dropped: 'none',
  created: 'none',
  'partly delivered': 'warn',
  'partly failed': 'warn',
}

export function toneOfStatus(status: string): Tone {
  return ofStatus[status] ?? 'none'
}

/** A sign that says nothing by itself: the word is beside it. */
export function Sign({ tone }: { readonly tone: Tone }) {
  return (
    <span class={`sign ${tone}`} aria-hidden="true">
      {signs[tone]}
    </span>
  )
}

export function Pill(props: { readonly tone: Tone; readonly children: ComponentChildren }) {
  return (
    <span class={`pill ${props.tone}`}>
      <span aria-hidden="true">{signs[props.tone]} </span>
      {props.children}
    </span>
  )
}

const names: Readonly<Record<Check, string>> = {
  spf: 'SPF',
  dkim: 'DKIM',
  dmarc: 'DMARC',
  arc: 'ARC',
  tls: 'TLS',
}

/** The checks of a row; the word itself is there for who hears it, and for who points. */
export function Checks({
  checks,
}: {
  readonly checks: Readonly<Partial<Record<Check, string | null>>>
}) {
  const found = (Object.keys(names) as Check[]).flatMap((check) => {
    const word = checks[check]
    return word === undefined || word === null ? [] : [{ check, word }]
  })
  return (
    <>
      {found.map(({ check, word }) => (
        <span key={check} title={`${names[check]} ${word}`}>
          <Pill tone={toneOfWord(word)}>
            {names[check]}
            <span class="heard"> {word}</span>
          </Pill>{' '}
        </span>
      ))}
    </>
  )
}

/** In a word or two: the mailbox, the code, the hour of the next try. */
export function outcomeText(outcome: Outcome, time: (iso: string) => string): string {
  const { word, code, mailbox, next_try: next } = outcome
  if (word === 'delivered' || word === 'quarantined') return mailbox ?? capital(word)
  if (next !== undefined && next !== null) return `${capital(word)}, again at ${time(next)}`
  return code === undefined || code === null ? capital(word) : `${capital(word)} ${code}`
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
