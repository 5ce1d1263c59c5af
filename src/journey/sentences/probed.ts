import type { ProbedRecipient, ProbedStep, ProbeStage } from '../probed-step.ts'
import { ended, quoted, type Sentence, viewAnswer } from '../sentence.ts'
import { said } from './ending.ts'

/** Tells a probe: what was asked as a whole, and each recipient where there are several. */
export function tellProbed(step: ProbedStep): readonly Sentence[] {
  const { host, ip, port, asked, result, answer, problem, offered, recipients } = step
  const told = answer === undefined ? '' : ` It said: ${said(answer)}`
  const name = quoted(host)
  const whole: Sentence = {
    id: 'probed',
    label: labels[result],
    question: `Does ${name} say yes ${stageWords[asked]}?`,
    answer:
      result === 'accepted'
        ? `Yes, ${name} said yes ${stageWords[asked]}.${told}`
        : `${result === 'failed' ? 'No' : 'Not now'}: ${ended(quoted(problem, 300))}${told}`,
    verdict: verdicts[result],
    ...(answer === undefined ? {} : { result: String(answer.code) }),
    rules: ['RFC 5321 §3'],
    details: {
      host,
      ip,
      port,
      asked,
      outcome: result,
      smtp: viewAnswer(answer),
      offered,
      conversation: step.conversation,
    },
  }
  return [...(recipients.length > 1 ? recipients.map((one) => tellOne(one, name)) : []), whole]
}

function tellOne({ recipient, result, answer, problem }: ProbedRecipient, host: string): Sentence {
  const whom = quoted(recipient)
  const told = answer === undefined ? '' : ` It said: ${said(answer)}`
  const why = ended(quoted(problem, 300))
  return {
    id: 'probed.recipient',
    label: labels[result],
    question: `Does ${host} take it for ${whom}?`,
    answer:
      result === 'accepted'
        ? `Yes, for ${whom}.${told}`
        : `${result === 'failed' ? 'Not' : 'Not now'} for ${whom}: ${why}${told}`,
    verdict: verdicts[result],
    ...(answer === undefined ? {} : { result: String(answer.code) }),
    rules: ['RFC 5321 §3.3'],
    details: { recipient, outcome: result, smtp: viewAnswer(answer) },
  }
}

const labels = { accepted: 'accepted', deferred: 'not now', failed: 'refused' } as const
const verdicts = { accepted: 'ok', deferred: 'unknown', failed: 'fail' } as const

/** How far, in the words of who asks. */
const stageWords: Readonly<Record<ProbeStage, string>> = {
  connect: 'to a connection',
  banner: 'as far as its greeting',
  ehlo: 'as far as EHLO',
  starttls: 'as far as TLS',
  auth: 'as far as the log-in',
  mail: 'as far as MAIL FROM',
  rcpt: 'as far as RCPT TO',
  data: 'as far as DATA',
  message: 'to the whole message',
}
