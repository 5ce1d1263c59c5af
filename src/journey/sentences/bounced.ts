import { quoted, type Sentence } from '../sentence.ts'
import type { DeliveryStep, SuppressionReason } from '../delivery-steps.ts'

/** What came back of a letter, and what follows for the next one. */
export type BouncedStep = Extract<DeliveryStep, { type: 'suppressed' | 'returned' | 'complained' }>

/** Tells what came back of a letter, and that a letter was not tried because of what came back before. */
export function tellBounced(step: BouncedStep): Sentence {
  switch (step.type) {
    case 'suppressed':
      return tellSuppressed(step)
    case 'returned':
      return tellReturned(step)
    case 'complained': {
      const { recipient, feedback, reporter, journey, unproved } = step
      const who = reporter === '' ? '' : ` by ${quoted(reporter)}`
      return {
        id: 'complained',
        label: 'complaint',
        question: `Did ${quoted(recipient)} want it?`,
        answer:
          feedback === 'not-spam'
            ? `Yes: it was reported as no spam${who}.${doubt(step)}`
            : `No: it was reported as ${quoted(feedback)}${who}.${doubt(step)}`,
        verdict: feedback === 'not-spam' || unproved === true ? 'note' : 'warn',
        result: feedback,
        rules: ['RFC 5965 §3'],
        details: { recipient, feedback, reporter, journey, ...proofOf(step) },
      }
    }
  }
}

/** Why an address is suppressed: a sentence without its beginning and its end. */
export const suppressionReasons: Readonly<Record<SuppressionReason, string>> = {
  'hard-bounce': 'its server said again and again that it takes no mail',
  complaint: 'its owner complained about mail from here',
  'by-hand': 'whoever runs this server put it there',
}

function tellSuppressed(step: Extract<BouncedStep, { type: 'suppressed' }>): Sentence {
  const { recipient, reason, since, until, why, journey } = step
  const end = until === undefined ? '' : `, until ${day(until)}`
  const said = why === '' ? '' : ` What was said: ${quoted(why, 300)}`
  return {
    id: 'suppressed',
    label: 'suppressed',
    question: `Was it tried for ${quoted(recipient)}?`,
    answer:
      `No: since ${day(since)}${end} the address is on the suppression list,` +
      ` because ${suppressionReasons[reason]}.${said}`,
    verdict: 'fail',
    result: reason,
    rules: [],
    fix: `If it takes mail again: waybill suppress remove ${quoted(recipient)}`,
    details: {
      recipient,
      reason,
      since: new Date(since).toISOString(),
      until: until === undefined ? null : new Date(until).toISOString(),
      why,
      journey: journey ?? null,
    },
  }
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

function tellReturned(step: Extract<BouncedStep, { type: 'returned' }>): Sentence {
  const { recipient, action, status, reporter, said, matched, journey } = step
  const who = reporter === '' ? 'another server' : quoted(reporter)
  const words = said === '' ? '' : ` It said: ${quoted(said, 300)}`
  const told = {
    failed: `No: ${who} had taken it and could not deliver it (${status}).`,
    delayed: `Not yet: ${who} has it and still tries (${status}).`,
    delivered: `Yes: ${who} says that it is in the mailbox.`,
    relayed: `Nobody can say: ${who} handed it on to a server that does not report.`,
    expanded: `It was handed on to several addresses by ${who}.`,
  } as const
  return {
    id: 'returned',
    label: 'came back',
    question: `Did it arrive at ${quoted(recipient)}?`,
    answer: `${told[action]}${words}${doubt(step)}`,
    verdict: action === 'failed' ? 'fail' : action === 'delayed' ? 'unknown' : 'ok',
    result: action,
    rules: ['RFC 3464 §2.3'],
    details: { recipient, action, status, reporter, said, matched, journey, ...proofOf(step) },
  }
}

/** Who reads the sentence shall know that anybody may have written it. */
function doubt(step: Exclude<BouncedStep, { type: 'suppressed' }>): string {
  if (step.unproved !== true) return ''
  return step.type === 'returned'
    ? ' Nothing proves that this is from the server that took it, so it counts for no suppression.'
    : ' Nothing proves that this speaks for the recipient, so it suppresses nothing.'
}

function proofOf({ unproved }: { readonly unproved?: true }): { readonly unproved?: true } {
  return unproved === true ? { unproved } : {}
}
