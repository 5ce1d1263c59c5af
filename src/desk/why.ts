import type { AnswerReading } from '../answers/kinds.ts'
import { meaningOf } from '../answers/kinds.ts'
import { ruleSays } from '../answers/rule-says.ts'
import type { Turn } from '../answers/turn.ts'
import type { SendStage } from '../deliver/being-sent.ts'
import type { AnswerView } from '../journey/sentence.ts'

/** What keeps a letter that waits. */
export interface WhyHold {
  by:
    | 'hold'
    | 'send-at'
    | 'pause'
    | 'quiet-hours'
    | 'rate'
    | 'back-off'
    | 'schedule'
    | 'under-way'
    | 'lease'
    | 'place'
    | 'no-server'
  says: string
  /** When it frees; `null`: when somebody frees it, or as soon as it can. */
  until: string | null
  /** Of a letter that is being sent now: how far it has come. */
  sending?: WhySending
}

/** A letter on its way to another server, at this moment. */
export interface WhySending {
  /** When its turn, or its connection, began. */
  since: string
  /** The server; empty while it is looked for. */
  host: string
  address: string
  /** As `SendStage` says it. */
  stage: SendStage
}

/** How an answer was read, for people and programs. */
export interface WhyReading {
  kind: string
  scope: string
  advice: string
  meaning: string
  rule: string
  rule_says: string
  /** The rule that said otherwise, and why it lost. */
  against: { rule: string; because: string } | null
}

/** What became of a letter for one recipient, and whose turn it is. */
export interface WhyRecipient {
  recipient: string
  status: string
  /** A paragraph. */
  says: string
  turn: Turn
  /** What they can do; empty when there is nothing to do. */
  todo: string
  holds: WhyHold[]
  answer: AnswerView | null
  reading: WhyReading | null
}

/** The answer to `waybill why`. Plain JSON. */
export interface Why {
  schema: 'waybill.why/1'
  about: 'journey' | 'bounce' | 'reply'
  /** The journey's id; empty where there is none. */
  id: string
  /** What it is about, in a sentence. */
  says: string
  recipients: WhyRecipient[]
}

/** Puts a reading so. */
export function readingView(reading: AnswerReading): WhyReading {
  const { kind, scope, advice, rule, against } = reading
  return {
    kind,
    scope,
    advice,
    meaning: meaningOf(reading),
    rule,
    rule_says: ruleSays(rule),
    against: against ?? null,
  }
}
