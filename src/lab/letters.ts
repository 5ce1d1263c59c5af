import { receiver, sender } from './places.ts'

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
