import type { AnswerReading } from '../answers/kinds.ts'
import type { Route } from '../route/found-route.ts'
import type { NextHop } from '../route/next-hop.ts'
import type { RouteRules, Self } from '../route/self.ts'
import type { SourceChoice, SourceFacts } from '../source/choose-source.ts'
import type { ConvertedStep } from './converted-step.ts'
import type { ProbedStep } from './probed-step.ts'
import type { TargetDemand, Transport } from '../transport/demand.ts'
import type { KnownTls } from '../transport/memory.ts'
import type { ProvedChannel } from '../transport/reuse.ts'
import type { TransportFacts } from '../transport/transport.ts'
import type { Line, SmtpAnswer } from './spoken.ts'

/** Why an address is on the suppression list. */
export type SuppressionReason = 'hard-bounce' | 'complaint' | 'by-hand'

/** The certificate of another server, in short. */
export interface ShownCertificate {
  readonly subject: string
  readonly issuer: string
  readonly trusted: boolean
  readonly problem: string | undefined
  readonly fingerprint: string
  /** What it is for, and from when until when, as the TLS library says them; of a probe only. */
  readonly names?: readonly string[]
  readonly validFrom?: string
  readonly validTo?: string
}

/** Steps that are appended while a queued message is delivered. */
export type DeliveryStep =
  | {
      readonly type: 'route'
      readonly destination: string
      /** Decides the order of equal exchanges, so that a replay gets the same. */
      readonly seed: number
      readonly self: Self
      /** The server that the settings name for it. Absent: DNS was asked for one. */
      readonly hop?: NextHop
      /** By which rules it was found. Absent, as before 0.5.0: by the first ones. */
      readonly rules?: RouteRules
      readonly route: Route
    }
  | {
      readonly type: 'dial'
      readonly host: string
      /** An address, or the path of a Unix socket. */
      readonly ip: string
      /** 0 for a Unix socket. */
      readonly port: number
      /** Where that really is, in the lab. */
      readonly place: string | undefined
      readonly problem: string | undefined
      /** From which address of ours, where the settings name sources. Since 0.5.0. */
      readonly from?: string
    }
  | {
      /** It goes over a connection that was open already, in the place of `dial`. Since 0.5.0. */
      readonly type: 'shared'
      readonly host: string
      readonly ip: string
      readonly port: number
      /** Unix milliseconds. */
      readonly openedAt: number
      /** For letters to the same destination, or to another that has the same server. */
      readonly openedFor: 'the-same' | 'another'
      /** To how many recipients letters had gone over it before. */
      readonly recipients: number
      /** What it had proved when it was opened. */
      readonly proved: ProvedChannel['state']
      /** For `verified`: its certificate has one of these names. */
      readonly names?: readonly string[]
      readonly from?: string
    }
  | {
      /** From which of our addresses it goes, where the settings name any. Since 0.5.0. */
      readonly type: 'source'
      readonly destination: string
      /** All that the choice follows from. */
      readonly facts: SourceFacts
      readonly choice: SourceChoice
    }
  | {
      readonly type: 'peer-tls'
      readonly host: string
      readonly protocol: string
      readonly cipher: string
      /** TLS began with the connection (RFC 8314 §3.3), and not by STARTTLS. */
      readonly implicit?: true
      readonly certificate: ShownCertificate | undefined
      /** What it had to prove, and did. Absent: nothing. */
      readonly demanded?: Exclude<TargetDemand['type'], 'opportunistic' | 'skip'>
      /** For DANE: the TLSA record that is about its certificate. */
      readonly record?: string
    }
  | {
      readonly type: 'peer-no-tls'
      readonly host: string
      readonly problem: string | undefined
      /** It had TLS before. */
      readonly before?: KnownTls
    }
  | {
      /** TLS did not come about, or proved too little, where it was demanded: nothing was sent. */
      readonly type: 'peer-tls-failed'
      readonly host: string
      readonly demanded: Exclude<TargetDemand['type'], 'opportunistic' | 'skip'>
      readonly problem: string
      readonly certificate: ShownCertificate | undefined
      readonly before?: KnownTls
    }
  | {
      /** It offers ways to log in that it refuses, and let us in by another, which shows the password. */
      readonly type: 'peer-login'
      readonly host: string
      /** The refused ones in their order, each with what the server said. */
      readonly refused: readonly { readonly mechanism: string; readonly said: string }[]
    }
  | {
      /** What the servers of the route before it must prove. */
      readonly type: 'transport'
      readonly destination: string
      /** All that it rests on beside the route and DNS. */
      readonly facts: TransportFacts
      readonly transport: Transport
    }
  | {
      readonly type: 'attempt'
      readonly recipient: string
      readonly attempt: number
      readonly host: string
      readonly ip: string
      readonly result: 'delivered' | 'deferred' | 'failed'
      /** What the other server said last; absent when it never spoke. */
      readonly answer: SmtpAnswer | undefined
      /** What a refusal means. Absent before 0.5.0, and where it was delivered. */
      readonly reading?: AnswerReading
      readonly problem: string
      readonly nextAttemptAt: number | undefined
      /** Empty where another recipient's step has it: see `conversationWith`. */
      readonly conversation: readonly Line[]
      /** The recipient of the same transaction whose step, before this one, has the dialogue. */
      readonly conversationWith?: string
    }
  | {
      /** Not tried, because the destination did not answer a moment ago. */
      readonly type: 'put-off'
      readonly recipient: string
      readonly destination: string
      readonly problem: string
      readonly until: number
      /** It is paused, and `problem` says why. Absent before 0.5.0: it did not answer. */
      readonly paused?: boolean
    }
  | {
      /** What a server said keeps further letters back. Since 0.5.0. */
      readonly type: 'paused'
      readonly of: 'destination' | 'source'
      /** For `source`: the name of it, where the settings name any. */
      readonly source?: string
      readonly destination: string
      readonly problem: string
      readonly until: number
      /** It was said to this letter, which goes on from another source. Absent: to it as its answer. */
      readonly spared?: {
        readonly host: string
        readonly ip: string
        readonly conversation: readonly Line[]
      }
    }
  | HoldStep
  | {
      /** A person has given it up. */
      readonly type: 'given-up'
      readonly recipient: string
      readonly destination: string
      readonly by: string
      /** By which door they came. */
      readonly door: string
      /** In their words; empty when no reason was given. */
      readonly why: string
      /** Whether the sender is to be told. */
      readonly silent: boolean
    }
  | {
      /** Not tried, because the address is on the suppression list. */
      readonly type: 'suppressed'
      readonly recipient: string
      readonly reason: SuppressionReason
      /** Unix milliseconds, as `until`. */
      readonly since: number
      /** When the suppression ends by itself; absent: it does not. */
      readonly until?: number
      /** What was said when it came onto the list; may be empty. */
      readonly why: string
      /** The journey that shows it. */
      readonly journey?: string
    }
  | {
      /** A delivery status notification came in, about a letter that the next server had taken. */
      readonly type: 'returned'
      readonly recipient: string
      readonly action: 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded'
      /** RFC 3463, as it says. */
      readonly status: string
      /** Who says so; may be empty. */
      readonly reporter: string
      /** In its words; may be empty. */
      readonly said: string
      /** By what it is known as one about this letter. */
      readonly matched: 'envelope-id' | 'message-id' | 'reverse-path'
      /** The journey of the notification. */
      readonly journey: string
      /** Nothing shows that it is from the server that took the letter. Absent: it is, or before 0.5.0. */
      readonly unproved?: true
    }
  | {
      /** A complaint came in: the recipient, or who reads for them, takes the letter for abuse. */
      readonly type: 'complained'
      readonly recipient: string
      /** `abuse`, `fraud`, `not-spam`, … */
      readonly feedback: string
      readonly reporter: string
      /** The journey of the complaint. */
      readonly journey: string
      /** Nothing shows that it speaks for the recipient. Absent: it does, or before 0.5.0. */
      readonly unproved?: true
    }
  | {
      /** A delivery status notification was made. */
      readonly type: 'notified'
      readonly about: 'failure' | 'delay' | 'success'
      readonly to: string
      readonly journey: string
      /** Whom it tells about. Absent before 0.2.0. */
      readonly recipients?: readonly string[]
    }
  | {
      readonly type: 'not-notified'
      readonly why: string
      readonly recipients?: readonly string[]
    }
  | ConvertedStep
  | ProbedStep

/** It is kept back, or goes on again. */
export type HoldStep =
  | {
      readonly type: 'held'
      readonly recipient: string
      readonly destination: string
      /** The id of the hold rule that it fits; absent: it was chosen by whoever held it. */
      readonly rule?: string
      /** Who held it, or made the rule. */
      readonly by: string
      /** By which door they came. */
      readonly door: string
      /** In their words; empty when no reason was given. */
      readonly why: string
      /** When it goes on by itself, Unix milliseconds; absent: it does not. */
      readonly until?: number
    }
  | {
      /** Somebody has let it go on. Where its time was over nothing is written. */
      readonly type: 'released'
      readonly recipient: string
      readonly by: string
      readonly door: string
      readonly why: string
    }
