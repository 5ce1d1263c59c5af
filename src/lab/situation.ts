import { receiver, sender } from './places.ts'
import type { LabTools } from './tools.ts'

/** One thing that can happen to a letter, as one command. */
export interface Situation {
  readonly name: string
  /** One line for the list. */
  readonly title: string
  /** How the letter ends, as the status of its journey says it. */
  readonly outcome: 'delivered' | 'quarantined' | 'refused' | 'failed'
  /** The question it teaches. */
  readonly question: string
  /** One experiment to try next. `ID` is the receiving journey, `SENT` the sending one. */
  readonly experiment: string
  run(lab: LabTools): Promise<void>
}

/** The letter that most situations are about. */
export function letter(input: {
  readonly subject: string
  readonly text: string
  readonly from?: string
  readonly to?: string
  readonly date?: string
}): string {
  return [
    `From: ${input.from ?? `Sender <${sender}>`}`,
    `To: ${input.to ?? `Receiver <${receiver}>`}`,
    `Subject: ${input.subject}`,
    ...(input.date === undefined ? [] : [`Date: ${input.date}`]),
    '',
    input.text,
    '',
  ].join('\r\n')
}

/** What most letters say. */
export const quote: string = letter({ subject: 'Quote', text: 'Please find the quote as agreed.' })

/** A letter of north's sender, waited for until all is over. */
export async function sendHome(lab: LabTools, rcptTo: string, text: string = quote): Promise<void> {
  await lab.untilOver(await lab.submit({ mailFrom: sender, rcptTo, message: text }))
}
