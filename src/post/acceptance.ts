import type {
  Acceptance,
  LaterSteps,
  NewContent,
  NewJourney,
  NewMessage,
} from '../store/ports/post.ts'

const nothing: Acceptance = { queue: [], mailbox: [], journeys: [] }

/** A journey alone: nobody gets a letter. */
export function record(journey: NewJourney): Acceptance {
  return { ...nothing, journeys: [journey] }
}

/** What is told of letters that were put down before. */
export function later(steps: LaterSteps): Acceptance {
  return { ...nothing, laterSteps: [steps] }
}

/** The octets of a letter that was not taken, beside its journey: its replay needs them. */
export function keptForReplay(id: string, content: NewContent): Acceptance {
  return { ...nothing, message: { id, content, prefix: new Uint8Array(0), omit: [] } }
}

/** All of these as one, which is put down wholly or not at all. */
export function together(parts: readonly Acceptance[]): Acceptance {
  const [message, ...moreMessages] = parts.flatMap(messagesOf)
  const laterSteps = parts.flatMap((part) => part.laterSteps ?? [])
  return {
    ...(message === undefined ? {} : { message }),
    ...(moreMessages.length === 0 ? {} : { moreMessages }),
    queue: parts.flatMap(({ queue }) => queue),
    mailbox: parts.flatMap(({ mailbox }) => mailbox),
    journeys: parts.flatMap(({ journeys }) => journeys),
    ...(laterSteps.length === 0 ? {} : { laterSteps }),
  }
}

function messagesOf({ message, moreMessages = [] }: Acceptance): readonly NewMessage[] {
  return message === undefined ? moreMessages : [message, ...moreMessages]
}
