import type { PathRemark } from '../address/mailbox.ts'
import type { ArcVerdict } from '../arc/arc.ts'
import type { DkimVerdict } from '../dkim/dkim.ts'
import type { DmarcVerdict } from '../dmarc/dmarc.ts'
import type { SpfVerdict } from '../spf/spf.ts'
import type { Decision } from '../inspect/decide.ts'
import type { IprevVerdict } from '../inspect/iprev.ts'
import type { DeliveryStep } from './delivery-steps.ts'
import type { SmtpAnswer } from './spoken.ts'

/** What every step has. */
interface StepBase {
  readonly startedAt: number
  readonly durationMs: number
  /** Questions asked of DNS for this step, in order. */
  readonly dns: readonly AnswerRef[]
}

export type Step = StepBase & StepData

/** What happened in one step. `type` is the id that the command line and the page use. */
export type StepData =
  | {
      readonly type: 'connect'
      readonly ip: string
      readonly port: number
      /** `http`: the letter was handed in by the API; `sendmail`: by the command on this machine. */
      readonly listener: 'smtp' | 'submission' | 'submissions' | 'http' | 'sendmail'
    }
  | { readonly type: 'tls'; readonly protocol: string; readonly cipher: string }
  | { readonly type: 'tls-failed'; readonly problem: string }
  | { readonly type: 'helo'; readonly verb: 'HELO' | 'EHLO'; readonly name: string }
  | {
      readonly type: 'login'
      readonly mechanism: string
      /** Empty when the name is nobody's here: it may be a password in the wrong place. */
      readonly account: string
      readonly accepted: boolean
      /** What refused it. Absent before 0.2.0. */
      readonly answer?: SmtpAnswer
    }
  | {
      /** It did not log in, and may send all the same: the settings trust its network. */
      readonly type: 'vouched'
      readonly by: 'network'
      /** As the settings have it. */
      readonly network: string
      readonly ip: string
    }
  | {
      /** Refused for its form, its order, or because it is not to be had here. */
      readonly type: 'command-refused'
      /** `MAIL FROM`; empty when it was no command. */
      readonly command: string
      readonly answer: SmtpAnswer
    }
  /** The client, or its network, had used up what one may use: `limits.wrong_passwords`. */
  | {
      readonly type: 'limit'
      readonly limit: string
      readonly of: 'address' | 'network' | 'account' | 'server'
      readonly answer: SmtpAnswer
    }
  | {
      readonly type: 'sender'
      readonly mailFrom: string
      readonly refused: SmtpAnswer | undefined
      /** Where the address goes beyond RFC 5321; absent when it does not. */
      readonly remarks?: readonly PathRemark[]
    }
  | {
      readonly type: 'recipient'
      readonly rcptTo: string
      readonly to: 'mailbox' | 'remote' | 'refused'
      readonly answer: SmtpAnswer
      readonly remarks?: readonly PathRemark[]
    }
  | {
      readonly type: 'message'
      readonly octets: number
      readonly sha256: string
      readonly problem: string | undefined
    }
  /** Only when DNS had answered by the time of the decision, which does not wait for it. */
  | { readonly type: 'iprev'; readonly verdict: IprevVerdict }
  | { readonly type: 'spf'; readonly ip: string; readonly verdict: SpfVerdict }
  | { readonly type: 'dkim'; readonly verdicts: readonly DkimVerdict[] }
  /** Only of a message that has a chain. */
  | { readonly type: 'arc'; readonly verdict: ArcVerdict }
  | { readonly type: 'dmarc'; readonly verdict: DmarcVerdict }
  | { readonly type: 'decision'; readonly decision: Decision }
  | {
      /** It was taken in for whoever it was for: what else would have become of it. */
      readonly type: 'caught'
      readonly would: Decision['action']
      /** What its sender would have heard. */
      readonly answer: SmtpAnswer
      /** The author's domain was not looked up, so nobody knows. Absent: it was. */
      readonly unknown?: boolean
    }
  | {
      /** A fault that somebody has set on purpose, to see what a program makes of it. */
      readonly type: 'fault'
      readonly stage: FaultStage
      /** In percent. */
      readonly probability: number
      readonly delayMs: number
      /** What was said instead; absent where nothing was: `dropped`, or only later. */
      readonly answer: SmtpAnswer | undefined
      readonly dropped: boolean
      /** What happened to the answer or to TLS, by its word; absent before 0.5.0, and where nothing did. */
      readonly what?: string
    }
  /** The field as it was put above Received, with its folds; only where the settings want it. */
  | { readonly type: 'received-spf'; readonly field: string }
  | { readonly type: 'refused'; readonly answer: SmtpAnswer }
  | { readonly type: 'deferred'; readonly answer: SmtpAnswer }
  | { readonly type: 'dropped'; readonly why: string }
  | {
      readonly type: 'filed'
      readonly account: string
      readonly mailbox: string
      readonly recipient: string
      /** Further recipients that lead to the same account: it has one copy for all of them. */
      readonly alsoFor?: readonly string[]
    }
  | { readonly type: 'completed'; readonly added: readonly string[] }
  | {
      /** What a user sent was made fit to go out, before it was signed. Names in lower case. */
      readonly type: 'adapted'
      /** Fields that nobody else may see. */
      readonly removed: readonly string[]
      /** Fields with lines over 998 octets. */
      readonly folded: readonly string[]
      /** There was no empty line behind the header. Absent: there was. */
      readonly ended?: boolean
    }
  | {
      readonly type: 'signed'
      readonly domain: string
      readonly keys: readonly { readonly selector: string; readonly algorithm: string }[]
    }
  | { readonly type: 'unsigned'; readonly domain: string }
  | {
      /** It goes on to other servers, for an address of ours that leads there. */
      readonly type: 'forwarded'
      readonly recipient: string
      readonly to: readonly string[]
      /** `bounce`: a report goes back to the sender of what was handed on before. */
      readonly because: 'alias' | 'bounce'
      /** As it is rewritten (SRS); empty for the null one. */
      readonly reversePath: string
      readonly seal:
        | {
            readonly type: 'sealed'
            readonly instance: number
            readonly status: string
            readonly domain: string
            readonly selector: string
          }
        | { readonly type: 'not-sealed'; readonly text: string }
    }
  | {
      readonly type: 'not-forwarded'
      readonly recipient: string
      readonly why: 'spam'
    }
  | {
      readonly type: 'queued'
      readonly recipient: string
      readonly destination: string
      /** Its sender wants nobody to have it before, Unix milliseconds. Absent: it may go at once. */
      readonly notBefore?: number
    }
  | {
      /** A failure report about this message was queued, or filed here (RFC 9991). */
      readonly type: 'reported'
      readonly to: readonly string[]
      readonly journey: string
      /** How many messages it stands for. */
      readonly incidents: number
      readonly refused: readonly UnservedPlace[]
    }
  | {
      /** The domain's owner asks for a report of such messages, and gets none. */
      readonly type: 'not-reported'
      readonly because:
        | 'public-suffix'
        | 'automatic'
        | 'domain-limit'
        | 'total-limit'
        | 'no-destination'
      readonly refused: readonly UnservedPlace[]
    }
  | DeliveryStep

/**
 * Where in a session a fault can be set: at the greeting, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, the
 * end of the message, and QUIT.
 */
export const faultStages = [
  'connect',
  'ehlo',
  'starttls',
  'auth',
  'sender',
  'recipient',
  'content',
  'data',
  'quit',
] as const

/** One of `faultStages`. */
export type FaultStage = (typeof faultStages)[number]

/** A place that is named in a DMARC record and gets no report. */
export interface UnservedPlace {
  readonly uri: string
  readonly because:
    | 'unusable'
    | 'not-mail'
    | 'not-authorized'
    | 'dns-error'
    | 'too-many'
    | 'no-mailbox'
    | 'limit'
}

/** A DNS answer in the record: what does not change is shared by hash, the rest is here. */
export interface AnswerRef {
  readonly hash: string
  readonly ttlSeconds: number
  readonly ms: number
}
