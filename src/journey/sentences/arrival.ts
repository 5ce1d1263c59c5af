import { type PathRemark, remarkText } from '../../address/mailbox.ts'
import { listed, quoted, type Sentence, viewAnswer } from '../sentence.ts'
import { said } from './ending.ts'
import type { StepData } from '../steps.ts'

/** Steps of a connection and an envelope. */
export type ArrivalStep = Extract<
  StepData,
  {
    type:
      | 'connect'
      | 'tls'
      | 'tls-failed'
      | 'helo'
      | 'login'
      | 'limit'
      | 'command-refused'
      | 'sender'
      | 'recipient'
      | 'message'
      | 'completed'
      | 'adapted'
  }
>

const whoMet = {
  address: 'Yes: its address has',
  network: 'Yes: its network has',
  account: 'Yes: its account has',
  server: 'All clients together have',
} as const

const ports = { smtp: 25, submission: 587, submissions: 465 } as const

const listenerRules = {
  smtp: ['RFC 5321 §3.1'],
  submission: ['RFC 5321 §3.1'],
  submissions: ['RFC 5321 §3.1'],
  http: ['RFC 9110 §9.3.3'],
  sendmail: [],
} as const

function calledBy({ ip, listener }: ArrivalStep & { readonly type: 'connect' }): string {
  switch (listener) {
    case 'http':
      return `${ip} handed the message in by HTTP.`
    case 'sendmail':
      return 'A program on this machine handed the message in by the sendmail command.'
    case 'smtp':
    case 'submission':
    case 'submissions':
      return `${ip} connected to port ${ports[listener]}.`
  }
}

/** Tells a step of a connection and an envelope. */
export function tellArrival(step: ArrivalStep): Sentence {
  switch (step.type) {
    case 'connect':
      return {
        id: 'connect',
        label: 'connected',
        question: 'Who called?',
        answer: calledBy(step),
        verdict: 'ok',
        rules: listenerRules[step.listener],
        details: { ip: step.ip, port: step.port, listener: step.listener },
      }
    case 'tls':
      return {
        id: 'tls',
        label: 'TLS',
        question: 'Is the connection private?',
        answer: `Yes: ${step.protocol} with ${step.cipher}.`,
        verdict: 'ok',
        rules: ['RFC 3207 §4', 'RFC 8314 §3'],
        details: { protocol: step.protocol, cipher: step.cipher },
      }
    case 'tls-failed':
      return {
        id: 'tls',
        label: 'TLS',
        question: 'Is the connection private?',
        answer: `No: the handshake failed (${quoted(step.problem)}).`,
        verdict: 'fail',
        rules: ['RFC 3207 §4.1'],
        details: { problem: step.problem },
      }
    case 'helo':
      return {
        id: 'helo',
        label: 'greeting',
        question: 'What does it call itself?',
        answer: `It said ${step.verb} ${quoted(step.name)}.`,
        verdict: 'ok',
        rules: ['RFC 5321 §4.1.1.1'],
        details: { verb: step.verb, name: step.name },
      }
    case 'login':
      return {
        id: 'login',
        label: 'login',
        question: 'Who is logged in?',
        answer: loginAnswer(step),
        verdict: step.accepted ? 'ok' : 'fail',
        ...(step.answer === undefined ? {} : { result: String(step.answer.code) }),
        rules: loginRules(step.mechanism),
        details: {
          mechanism: step.mechanism,
          account: step.account,
          accepted: step.accepted,
          smtp: viewAnswer(step.answer),
        },
      }
    case 'limit':
      return {
        id: 'limit',
        label: 'limit',
        question: 'Has this client used up what one may use?',
        answer: `${whoMet[step.of]} met ${quoted(step.limit)}, and it was told to come back later.`,
        verdict: 'fail',
        rules: ['RFC 5321 §7.8'],
        details: { limit: step.limit, of: step.of, smtp: viewAnswer(step.answer) },
      }
    case 'command-refused': {
      const { command, answer } = step
      const what = command === '' ? 'what is no command' : quoted(command)
      return {
        id: 'command',
        label: 'refused',
        question: 'Could the client say that?',
        answer: `No, ${what} was refused: ${said(answer)}`,
        verdict: answer.code < 500 ? 'unknown' : 'fail',
        result: String(answer.code),
        rules: ['RFC 5321 §4.3.2'],
        details: { command, smtp: viewAnswer(answer) },
      }
    }
    case 'sender':
      return tellSender(step)
    case 'recipient':
      return tellRecipient(step)
    case 'message':
      return {
        id: 'message',
        label: 'message',
        question: 'Did the message come whole?',
        answer:
          step.problem === undefined
            ? `Yes: ${step.octets} octets.`
            : `${messageProblems[step.problem] ?? step.problem} (${step.octets} octets).`,
        verdict: step.problem === undefined ? 'ok' : 'fail',
        rules: ['RFC 5321 §4.1.1.4'],
        details: { octets: step.octets, sha256: step.sha256, problem: step.problem ?? null },
      }
    case 'completed':
      return {
        id: 'completed',
        label: 'completed',
        question: 'Was anything missing in the header?',
        answer: `Yes: ${listed(step.added)} ${wasOrWere(step.added)} added.`,
        verdict: 'ok',
        rules: ['RFC 6409 §8'],
        details: { added: step.added },
      }
    case 'adapted':
      return {
        id: 'adapted',
        label: 'adapted',
        question: 'Was anything changed before it was signed?',
        answer: adaptedText(step),
        verdict: 'ok',
        rules: ['RFC 5322 §2.1.1', 'RFC 5322 §3.6.3'],
        details: {
          removed: step.removed,
          folded: step.folded,
          ...(step.ended === true ? { ended: true } : {}),
        },
      }
  }
}

function adaptedText({
  removed,
  folded,
  ended,
}: ArrivalStep & { readonly type: 'adapted' }): string {
  const told = [
    ...(removed.length === 0 ? [] : [`${listed(removed)} ${wasOrWere(removed)} taken out`]),
    ...(folded.length === 0 ? [] : [`long lines of ${listed(folded)} were folded`]),
    ...(ended === true ? ['an empty line was put behind the header'] : []),
  ]
  return `Yes: ${told.join('; ')}.`
}

function wasOrWere(names: readonly string[]): string {
  return names.length > 1 ? 'were' : 'was'
}

function loginAnswer(step: ArrivalStep & { readonly type: 'login' }): string {
  const { mechanism, account, accepted, answer } = step
  if (accepted && mechanism === 'sendmail') {
    return `${quoted(account)}, a user of this machine, by the sendmail command.`
  }
  if (accepted && mechanism === 'HTTP') return `${quoted(account)}, by a key or a session of HTTP.`
  if (accepted) return `${quoted(account)} logged in (${mechanism}).`
  const told = answer === undefined ? '' : ` The client was told: ${said(answer)}`
  if (account !== '') return `Nobody: the login as ${quoted(account)} was refused.${told}`
  const why = "The name is nobody's here, and is not kept: it may be a password."
  return `Nobody: a login was refused.${told} ${why}`
}

const messageProblems: Readonly<Record<string, string>> = {
  'too-big': 'No: it is larger than this server takes',
  'bare-newline': 'No: it has a CR or LF that is not part of CRLF, which can hide commands',
  'header-too-long': 'Its header is longer than 1 MiB',
  'header-too-many-fields': 'Its header has too many fields',
  'header-field-too-long': 'A field of its header is too long',
}

function tellSender(step: ArrivalStep & { readonly type: 'sender' }): Sentence {
  const { mailFrom, refused } = step
  const who = mailFrom === '' ? 'nobody (the null reverse-path of a report)' : quoted(mailFrom)
  return {
    id: 'sender',
    label: 'from',
    question: 'Who is the sender?',
    answer:
      (refused === undefined ? `${who}.` : `${who}, refused: ${quoted(refused.text)}`) +
      remarked(step.remarks),
    verdict: refused === undefined ? 'ok' : 'fail',
    rules: ['RFC 5321 §4.1.1.2', ...(refused === undefined ? [] : ['RFC 6409 §6.1'])],
    details: { mail_from: mailFrom, refused: refused ?? null, ...remarksDetail(step.remarks) },
  }
}

function tellRecipient(step: ArrivalStep & { readonly type: 'recipient' }): Sentence {
  const { rcptTo, to, answer } = step
  const who = quoted(rcptTo)
  const said =
    to === 'mailbox'
      ? `${who} has a mailbox here.`
      : to === 'remote'
        ? `${who} is on another server.`
        : `${who} ${answer.code < 500 ? 'has to wait' : 'was refused'}: ${answer.code} ${answer.enhanced} ${quoted(answer.text)}`
  return {
    id: 'recipient',
    label: 'to',
    question: 'Who is it for?',
    answer: said + remarked(step.remarks),
    verdict: to === 'refused' ? (answer.code < 500 ? 'note' : 'fail') : 'ok',
    result: String(answer.code),
    rules: ['RFC 5321 §4.1.1.3'],
    details: {
      rcpt_to: rcptTo,
      recipient: rcptTo,
      to,
      smtp: viewAnswer(answer),
      ...remarksDetail(step.remarks),
    },
  }
}

/** What was taken although RFC 5321 has it otherwise, said behind the answer. */
function remarked(remarks: readonly PathRemark[] = []): string {
  if (remarks.length === 0) return ''
  return ` Not as RFC 5321 has it: ${remarks.map(remarkText).join(', ')}.`
}

function remarksDetail(remarks: readonly PathRemark[] | undefined): object {
  return remarks === undefined ? {} : { remarks }
}

/** The user of a machine needs no rule of the net. */
function loginRules(mechanism: string): readonly string[] {
  if (mechanism === 'sendmail') return []
  return [mechanism === 'HTTP' ? 'RFC 6750 §2.1' : 'RFC 4954 §4']
}
