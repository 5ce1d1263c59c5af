import type { ForwardPath, ReversePath } from '../address/path.ts'
import type { Soon } from '../base/result.ts'
import type { JourneyBuilder } from '../journey/builder.ts'
import type { ReplayFacts } from '../journey/record.ts'
import type { StepData } from '../journey/steps.ts'
import type { MessageHeader } from '../message/header-reader.ts'
import type { ReceivedFacts } from '../message/received.ts'
import type { MailParameters, RcptParameters } from '../smtp/parameters.ts'
import type { KeptBodyHash } from '../signature/body-hash.ts'
import type { Reply } from '../smtp/reply.ts'
import type { MessageFacts, Question } from '../smtp/server-types.ts'
import type { Placed } from '../post/placing.ts'
import type { Acceptance, NewContent } from '../store/ports/post.ts'
import type { LimitMet } from './guard.ts'
import type { IntakeWatcher } from './intake.ts'

/**
 * What differs between the port for strangers and the ports for users: who may say what, and what
 * becomes of a letter. All that is the same on every port is in `Transaction`.
 */
export interface Port {
  /** Of the journeys; of the letter under way, where it differs from one letter to the next. */
  readonly direction: 'in' | 'out'
  /** Whether the octets of a refused letter are kept beside its journey, for its replay. */
  readonly keepsRefused: boolean
  /** Why this client is not greeted, beside what it has used up. Absent: there is no such reason. */
  greet?(journey: JourneyBuilder): Soon<Refusal | undefined>
  /** Gives the reply for credentials that are not taken. @param journey of the connection */
  login(
    question: Question & { readonly type: 'auth' },
    ip: string,
    journey: JourneyBuilder,
  ): Promise<Refusal | undefined>
  /** Begins a letter, or says why its sender is refused. */
  sender(envelope: Envelope): Soon<Letter | { readonly refusal: Reply }>
  /** How a reply is said. Absent: as it is; only faults that were set on purpose say it otherwise. */
  say?(due: DueReply): Said
  /** The connection is over. */
  closed(): void
}

/** A reply that is to be said now. */
export interface DueReply {
  /** What it answers, as records name it (`MAIL FROM`); empty for the greeting, and for no command. */
  readonly command: string
  readonly code: number
  /** All its lines, with their ends. */
  readonly text: string
}

/** How it is said. */
export interface Said {
  readonly text: string
  /** `close`: the connection ends behind it; `drop`: it ends at once, without a word. */
  readonly next: 'go-on' | 'close' | 'drop'
}

/** Why something is not taken; with `met` because of what the client has used up. */
export interface Refusal {
  readonly reply: Reply
  readonly met?: LimitMet
}

/** What is known of a letter once its sender was given. */
export interface Envelope {
  readonly journey: JourneyBuilder
  readonly reversePath: ReversePath
  /** The same without its brackets; empty for the null one. */
  readonly mailFrom: string
  readonly parameters: MailParameters
  readonly ip: string
  readonly helo: string
  /** What a Received field says of the way that the letter came. */
  readonly transport: Pick<ReceivedFacts, 'protocol' | 'tls'>
  /** Nobody gets the letter before, Unix milliseconds. Absent: at once. */
  readonly sendAt?: number
}

/** One letter from its sender to its end. It watches the message while it passes. */
export interface Letter extends IntakeWatcher {
  /** What a replay of its verdicts needs; `undefined` when there are none. */
  readonly replay: ReplayFacts | undefined
  /** What its verdicts needed of the body, for a letter of which only the beginning is kept. */
  readonly bodyHashes: readonly KeptBodyHash[]
  /** The Message-ID that was added, where the header had none. */
  readonly addedMessageId: string | undefined
  /** Takes a recipient, or says why not. */
  recipient(asked: AskedRecipient): Soon<RecipientTaken>
  /** Decides about the whole letter, of which at least one recipient was taken. */
  finish(taken: TakenLetter): Promise<Verdict>
}

/** Where the mail of a recipient goes, or why it is not taken. */
export type RecipientTaken = 'mailbox' | 'remote' | { readonly refusal: Reply }

export interface AskedRecipient {
  readonly path: ForwardPath
  /** As it was given, without brackets. */
  readonly rcptTo: string
  readonly parameters: RcptParameters
}

/** The whole letter, as it was taken in. */
export interface TakenLetter {
  readonly header: MessageHeader
  readonly content: NewContent
  readonly facts: MessageFacts
}

/** What becomes of a letter. The reply has no reference yet. */
export type Verdict =
  | {
      readonly type: 'refused' | 'deferred'
      readonly reply: Reply
      readonly because: readonly string[]
      readonly afterwards?: () => void
    }
  | {
      readonly type: 'taken'
      readonly status: 'delivered' | 'quarantined' | 'queued'
      readonly reply: Reply
      readonly because: readonly string[]
      /** Where its copies go: put down, with the journey, before the reply leaves. */
      readonly placed: Placed
      /** What else is put down with it, and the step that tells of it. */
      readonly also?: { readonly step: StepData; readonly acceptance: Acceptance }
      /** What is begun when all of it is in the store. Nobody waits for it. */
      readonly afterwards?: () => void
    }
