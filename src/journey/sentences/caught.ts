import { ended, type Sentence, viewAnswer } from '../sentence.ts'
import type { FaultStage, StepData } from '../steps.ts'
import { said } from './ending.ts'

/** Steps that only the lab and the catcher have. */
export type CaughtStep = Extract<StepData, { type: 'caught' | 'fault' }>

/** Tells a step that only the lab and the catcher have. */
export function tellCaught(step: CaughtStep): Sentence {
  switch (step.type) {
    case 'caught': {
      const { would, answer, unknown = false } = step
      return {
        id: 'caught',
        label: 'caught',
        question: 'What would have become of it?',
        answer: `${unknown ? notLookedUp : wouldBe(step)} It was caught here, and goes nowhere.`,
        verdict: unknown ? 'skipped' : verdicts[would],
        result: unknown ? 'unknown' : would,
        rules: ['RFC 9989 §5.4'],
        details: { would: unknown ? null : would, smtp: unknown ? null : viewAnswer(answer) },
      }
    }
    case 'fault': {
      const { stage, probability, delayMs, answer, dropped, what } = step
      return {
        id: 'fault',
        label: 'fault',
        question: 'Was something made to go wrong here?',
        answer: `Yes, ${places[stage]}, by a fault that was set on purpose${chance(step)}: ${ended(done(step))}`,
        verdict: 'warn',
        ...(answer === undefined ? {} : { result: String(answer.code) }),
        rules: ['RFC 5321 §4.2'],
        details: {
          stage,
          probability,
          delay_ms: delayMs,
          smtp: viewAnswer(answer),
          dropped,
          what: what ?? null,
        },
      }
    }
  }
}

const notLookedUp =
  "Nobody can say: what the author's domain asks for is looked up only where mail goes out."

function wouldBe({ would, answer }: CaughtStep & { readonly type: 'caught' }): string {
  switch (would) {
    case 'deliver':
      return 'It would have been delivered.'
    case 'mark-as-spam':
      return 'It would have been marked as spam.'
    case 'refuse':
      return `It would have been refused: ${said(answer)}`
    case 'defer':
      return `It would have been asked to come back later: ${said(answer)}`
  }
}

const verdicts = {
  deliver: 'ok',
  'mark-as-spam': 'warn',
  refuse: 'fail',
  defer: 'unknown',
} as const

const places: Readonly<Record<FaultStage, string>> = {
  connect: 'at the greeting',
  ehlo: 'at EHLO',
  starttls: 'at STARTTLS',
  auth: 'at the login',
  sender: 'at MAIL FROM',
  recipient: 'at RCPT TO',
  content: 'at DATA',
  data: 'at the end of DATA',
  quit: 'at QUIT',
}

/** By the word of what happened; a word of a later version is told as it is. */
const happened: Readonly<Record<string, string>> = {
  stall: 'the answer never came',
  huge: 'the answer had megabytes',
  cut: 'the answer ended in the middle, and the connection with it',
  garbage: 'the answer was octets that mean nothing',
  lost: 'it was done, and the connection ended without an answer',
  once: 'one connection takes one letter',
  broken: 'what came behind the answer was no TLS',
}

type Fault = CaughtStep & { readonly type: 'fault' }

function chance({ probability }: Fault): string {
  return probability >= 100 ? '' : ` (chance: ${probability} %)`
}

function done({ delayMs, answer, dropped, what }: Fault): string {
  const waited = delayMs === 0 ? [] : [`it waited for ${delayMs} ms`]
  const then = dropped ? ['the connection was dropped'] : []
  const told = answer === undefined ? [] : [`the client was told ${said(answer)}`]
  const word = what === undefined ? [] : [happened[what] ?? what]
  return [...waited, ...word, ...then, ...told].join(', and ')
}
