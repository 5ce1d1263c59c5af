import { type AnswerReading, meaningOf } from '../../answers/kinds.ts'
import type { Route } from '../../route/found-route.ts'
import { formatNextHop } from '../../route/next-hop.ts'
import { ended, listed, quoted, type Sentence, viewAnswer } from '../sentence.ts'
import type { DeliveryStep } from '../delivery-steps.ts'
import { heldBackBy, tellPause } from './paused.ts'
import type { BouncedStep } from './bounced.ts'
import { tellConverted } from './converted.ts'
import { said } from './ending.ts'
import { tellShared } from './shared.ts'
import { tellSource } from './source.ts'
import { tellPeerLogin } from './peer-login.ts'
import { tellPeerTls } from './peer-tls.ts'
import { tellProbed } from './probed.ts'
import { tellHold } from './holds.ts'
import { tellTransport } from './transport.ts'

/** Tells a step of delivery to another server; a route is two: the exchange and its address. */
export function tellDelivery(step: Exclude<DeliveryStep, BouncedStep>): readonly Sentence[] {
  switch (step.type) {
    case 'route':
      return tellRoute(step)
    case 'dial': {
      const { host, ip, port, place, problem, from } = step
      const at = port === 0 ? quoted(ip) : `${ip}:${port}`
      const where = `${quoted(host)} (${at}${place === undefined ? '' : `; lab: ${place}`})`
      return [
        {
          id: 'dial',
          label: 'connected',
          question: `Does ${quoted(host)} answer?`,
          answer: problem === undefined ? `Yes, ${where}.` : `No, ${where}: ${quoted(problem)}.`,
          verdict: problem === undefined ? 'ok' : 'fail',
          rules: ['RFC 5321 §5.1'],
          details: {
            host,
            ip,
            port,
            place: place ?? null,
            problem: problem ?? null,
            ...(from === undefined ? {} : { from }),
          },
        },
      ]
    }
    case 'shared':
      return [tellShared(step)]
    case 'peer-tls':
    case 'peer-no-tls':
    case 'peer-tls-failed':
      return [tellPeerTls(step)]
    case 'peer-login':
      return [tellPeerLogin(step)]
    case 'source':
      return [tellSource(step)]
    case 'transport':
      return [tellTransport(step)]
    case 'converted':
      return [tellConverted(step)]
    case 'attempt':
      return [tellAttempt(step)]
    case 'put-off':
      return [
        {
          id: 'put-off',
          label: 'held back',
          question: `Was it tried for ${quoted(step.recipient)}?`,
          answer:
            `Not now for ${quoted(step.recipient)}: ${heldBackBy(step)}` +
            ` ${quoted(step.problem, 300)} Next try ${new Date(step.until).toISOString()} at the earliest.`,
          verdict: 'unknown',
          rules: ['RFC 5321 §4.5.4.1'],
          details: {
            recipient: step.recipient,
            destination: step.destination,
            problem: step.problem,
            next_attempt_at: new Date(step.until).toISOString(),
          },
        },
      ]
    case 'held':
    case 'released':
      return [tellHold(step)]
    case 'paused':
      return [tellPause(step)]
    case 'given-up': {
      const { recipient, destination, by, door, why, silent } = step
      const reason = why === '' ? 'No reason was given.' : `The reason: ${quoted(why, 300)}`
      return [
        {
          id: 'given-up',
          label: 'given up',
          question: `Is it still tried for ${quoted(recipient)}?`,
          answer:
            `No: ${quoted(by)} has given it up (${quoted(door)}).` +
            ` ${reason}${silent ? ' The sender is not told.' : ''}`,
          verdict: 'fail',
          rules: silent ? [] : ['RFC 5321 §6.1'],
          details: { recipient, destination, by, door, why, silent },
        },
      ]
    }
    case 'notified':
      return [
        {
          id: 'notified',
          label: 'sender told',
          question: 'Does the sender know?',
          answer: `A report of ${reportWords[step.about]}${aboutWhom(step.recipients)} went to ${quoted(step.to)}.`,
          verdict: 'ok',
          result: step.about,
          rules: ['RFC 3461 §6', 'RFC 3464'],
          details: {
            about: step.about,
            to: step.to,
            journey: step.journey,
            recipients: step.recipients ?? [],
          },
        },
      ]
    case 'not-notified':
      return [
        {
          id: 'notified',
          label: 'sender told',
          question: 'Does the sender know?',
          answer:
            step.why === 'null-sender'
              ? `Nobody can be told${aboutWhom(step.recipients)}: the sender is the null reverse-path.`
              : step.why === 'unproven-sender'
                ? `Nobody is told${aboutWhom(step.recipients)}: nothing vouched for the sender, and a report could reach somebody who has sent nothing.`
                : `The sender asked not to be told${aboutWhom(step.recipients)}.`,
          verdict: 'note',
          rules: ['RFC 5321 §4.5.5', 'RFC 3461 §4.1'],
          details: { why: step.why, recipients: step.recipients ?? [] },
        },
      ]
    case 'probed':
      return tellProbed(step)
  }
}

const reportWords = {
  failure: 'the failure',
  delay: 'the delay',
  success: 'the delivery',
} as const

/** ` for a@b and c@d`; nothing in records that do not say it. */
function aboutWhom(recipients: readonly string[] = []): string {
  const shown = recipients.slice(0, 3).map((one) => quoted(one))
  const more = recipients.length - shown.length
  const all = more > 0 ? [...shown, `${more} more`] : shown
  return all.length === 0 ? '' : ` for ${listed(all)}`
}

function tellRoute(step: DeliveryStep & { readonly type: 'route' }): readonly Sentence[] {
  const { destination, route, hop } = step
  const rules = ['RFC 5321 §5.1', ...(hop === undefined ? ['RFC 7505'] : [])]
  const question = `Where does mail for ${quoted(destination)} go?`
  const common = {
    id: 'route.mx',
    label: 'where to?',
    question,
    rules,
    details: { destination, route, ...(hop === undefined ? {} : { hop }) },
  }
  switch (route.type) {
    case 'permanent':
      return [{ ...common, answer: route.because, verdict: 'fail', result: route.status }]
    case 'temporary':
      return [{ ...common, answer: route.because, verdict: 'unknown', result: route.status }]
    case 'targets': {
      const [first] = route.targets
      const addresses = route.targets
        .filter(({ host }) => host === first?.host)
        .map(({ address }) => address)
      const host = first?.host ?? ''
      const via = { ...common, answer: viaSentence(step, route), verdict: 'ok' } as const
      // A socket, and an address that the settings name, are where they are.
      if (route.via === 'next-hop' && addresses.every((one) => one === host)) {
        return [{ ...via, result: route.via }]
      }
      return [
        { ...via, result: route.via },
        {
          id: 'route.address',
          label: 'address?',
          question: `What is the address of ${quoted(host)}?`,
          answer: `${quoted(host)} is ${listed(addresses)}.`,
          verdict: 'ok',
          rules: ['RFC 5321 §5.1'],
          details: { targets: route.targets },
        },
      ]
    }
  }
}

function viaSentence(
  { destination, hop }: DeliveryStep & { readonly type: 'route' },
  route: Route & { readonly type: 'targets' },
): string {
  const name = quoted(destination)
  switch (route.via) {
    case 'mx': {
      const used = route.exchanges.map(({ host, preference, fate, refused = [] }) => {
        const words = [...(fate === 'used' ? [] : [fate]), ...refused]
        const note = words.map((word) => `, ${word}`).join('')
        return `${quoted(host)} (preference ${preference}${note})`
      })
      return `MX of ${name} is ${listed(used)}.`
    }
    case 'implicit-mx':
      return `${name} has no MX record, so its own address is where mail goes.`
    case 'literal':
      return `${name} is an address itself.`
    case 'next-hop': {
      const where = hop === undefined ? route.targets[0]?.host : formatNextHop(hop)
      return `The settings send it to ${quoted(where ?? '')}.`
    }
  }
}

function tellAttempt(step: DeliveryStep & { readonly type: 'attempt' }): Sentence {
  const { recipient, attempt, host, result, answer, problem, nextAttemptAt } = step
  const whom = quoted(recipient)
  const question = `Was it delivered to ${quoted(recipient)}?`
  const told = answer === undefined ? '' : ` It said: ${said(answer)}`
  const meaning = meant(step)
  // Where no server said anything, what the trouble was read as stands in the place of a code.
  const word = answer === undefined ? trouble(step) : String(answer.code)
  const common = {
    id: 'attempt',
    question,
    ...(word === undefined ? {} : { result: word }),
    details: {
      recipient,
      attempt,
      host,
      ip: step.ip,
      outcome: result,
      smtp: viewAnswer(answer),
      reading: readingDetail(step.reading),
      next_attempt_at: nextAttemptAt === undefined ? null : new Date(nextAttemptAt).toISOString(),
      conversation: step.conversation,
      conversation_with: step.conversationWith ?? null,
    },
  }
  switch (result) {
    case 'delivered':
      return {
        ...common,
        label: 'delivered',
        answer: `Yes, ${quoted(host)} took it for ${whom}.${told}`,
        verdict: 'ok',
        rules: ['RFC 5321 §3.3'],
      }
    case 'deferred': {
      const next =
        nextAttemptAt === undefined ? '' : ` Next try ${new Date(nextAttemptAt).toISOString()}.`
      return {
        ...common,
        label: 'not yet',
        answer: `Not yet for ${whom} (attempt ${attempt}): ${ended(quoted(problem, 300))}${next}${told}${meaning}`,
        verdict: 'unknown',
        rules: ['RFC 5321 §4.5.4.1'],
      }
    }
    case 'failed':
      return {
        ...common,
        label: 'failed',
        answer: `No, and it will not be tried again for ${whom}: ${ended(quoted(problem, 300))}${told}${meaning}`,
        verdict: 'fail',
        rules: ['RFC 5321 §3.6.3', 'RFC 3464'],
      }
  }
}

/** As JSON has it. */
function readingDetail(reading: AnswerReading | undefined) {
  if (reading === undefined) return null
  const { waitSeconds, ...rest } = reading
  return waitSeconds === undefined ? rest : { ...rest, wait_seconds: waitSeconds }
}

function trouble({ reading }: DeliveryStep & { readonly type: 'attempt' }): string | undefined {
  return reading === undefined || reading.kind === 'unknown' ? undefined : reading.kind
}

/** What the refusal means, behind the words of the server; nothing where we know no more than them. */
function meant({ answer, reading }: DeliveryStep & { readonly type: 'attempt' }): string {
  if (answer === undefined || reading === undefined || reading.kind === 'unknown') return ''
  const { waitSeconds: wait } = reading
  const asked = wait === undefined ? '' : ` It asks for a wait of ${wait} seconds.`
  return ` That means: ${meaningOf(reading)}${asked}`
}
