import { roleNamed } from '../recipients.ts'
import { quoted, type Sentence, viewAnswer } from '../sentence.ts'
import type { SmtpAnswer } from '../spoken.ts'
import type { StepData } from '../steps.ts'

/** Steps that end a journey, or hand it on, and what is written into it before. */
export type EndingStep = Extract<
  StepData,
  {
    type:
      | 'received-spf'
      | 'refused'
      | 'deferred'
      | 'dropped'
      | 'filed'
      | 'signed'
      | 'unsigned'
      | 'queued'
  }
>

/** Tells a step that ends a journey, or hands it on. */
export function tellEnding(step: EndingStep): Sentence {
  switch (step.type) {
    case 'received-spf':
      return {
        id: 'received-spf',
        label: 'written',
        question: 'Is the result of SPF written into it?',
        answer: `Yes, above our Received field: ${quoted(step.field.replace(/\r\n(?=[ \t])/g, ''), 400)}`,
        verdict: 'ok',
        rules: ['RFC 7208 §9.1'],
        details: { field: step.field },
      }
    case 'refused':
      return answered(
        'refused',
        'refused',
        step.answer,
        `It was refused. The sender was told: ${said(step.answer)}`,
      )
    case 'deferred':
      return answered(
        'deferred',
        'later',
        step.answer,
        `It must come back later. The sender was told: ${said(step.answer)}`,
      )
    case 'dropped':
      return {
        id: 'dropped',
        label: 'dropped',
        question: 'How did it end?',
        answer: `Without a message: ${dropReason(step.why)}.`,
        verdict: 'note',
        result: step.why,
        rules: ['RFC 5321 §3.8'],
        details: { why: step.why },
      }
    case 'filed': {
      const { account, mailbox, recipient, alsoFor = [] } = step
      const role = roleNamed(mailbox)
      const place = role === 'inbox' ? 'inbox' : `mailbox ${mailbox}`
      const addresses = alsoFor.length + 1
      const forWhom = recipient === account ? '' : `, for ${quoted(recipient)}`
      const once = addresses === 1 ? '' : `, once for ${addresses} of its addresses`
      return {
        id: 'filed',
        label: role === 'junk' ? 'marked' : 'delivered',
        question: 'Where is it now?',
        answer: `In ${quoted(account)}'s ${place}${once || forWhom}.`,
        verdict: role === 'junk' ? 'warn' : 'ok',
        rules: ['RFC 5321 §4.2.5'],
        details: { account, mailbox, recipient, also_for: alsoFor },
      }
    }
    case 'signed': {
      const { domain, keys } = step
      const names = keys.map(({ selector, algorithm }) => `s=${selector} (${algorithm})`).join(', ')
      const count = keys.length === 1 ? 'DKIM signature' : `${keys.length} DKIM signatures`
      return {
        id: 'signed',
        label: 'signed',
        question: 'Who vouches for it on the way?',
        answer: `${count} added: d=${quoted(domain)} ${names}.`,
        verdict: 'ok',
        rules: ['RFC 6376 §5', 'RFC 8463'],
        details: { domain, keys },
      }
    }
    case 'unsigned':
      return {
        id: 'signed',
        label: 'signed',
        question: 'Who vouches for it on the way?',
        answer: `Nobody: there is no key for ${quoted(step.domain)}.`,
        verdict: 'warn',
        rules: ['RFC 6376 §5'],
        fix: `Add ${quoted(step.domain)} to the domains of this server.`,
        details: { domain: step.domain },
      }
    case 'queued': {
      const { recipient, destination, notBefore } = step
      const until = notBefore === undefined ? undefined : new Date(notBefore).toISOString()
      const wish = until === undefined ? '' : ` Its sender wants it sent at ${until}, not before.`
      return {
        id: 'queued',
        label: 'queued',
        question: 'What happens next?',
        answer: `It waits to be delivered to ${quoted(recipient)}.${wish}`,
        verdict: 'ok',
        rules: ['RFC 5321 §4.5.4.1'],
        details: { recipient, destination, ...(until === undefined ? {} : { not_before: until }) },
      }
    }
  }
}

/** Why a connection ended without a message, in words. */
export function dropReason(why: string): string {
  return dropReasons[why] ?? quoted(why)
}

const dropReasons: Readonly<Record<string, string>> = {
  quit: 'the client said QUIT',
  peerClosed: 'the client hung up',
  lost: 'the connection was lost',
  timeout: 'the client was silent for too long',
  refused: 'the connection was refused',
  tooManyErrors: 'the client made too many errors',
  tooMuch: 'the client asked for too much',
  earlyTalk: 'the client spoke before it was greeted',
  notSmtp: 'the client does not speak SMTP',
  shutdown: 'this server was stopped',
  fault: 'a fault that was set on purpose dropped the connection',
}

function answered(id: string, label: string, answer: SmtpAnswer, told: string): Sentence {
  return {
    id,
    label,
    question: 'How did it end?',
    answer: told,
    verdict: id === 'refused' ? 'fail' : 'unknown',
    result: String(answer.code),
    rules: ['RFC 5321 §4.2', 'RFC 7372'],
    details: { smtp: viewAnswer(answer) },
  }
}

/** `550 5.7.1 no` as it stood on the wire. */
export function said({ code, enhanced, text }: SmtpAnswer): string {
  return `${code} ${enhanced === '' ? '' : `${enhanced} `}${quoted(text, 300)}`
}
