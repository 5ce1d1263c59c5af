import type { SendingNow, SendStage } from '../deliver/being-sent.ts'

/** A letter that is being sent now, in a sentence. */
export function saysOfSending({ stage, since, host, ip }: SendingNow): string {
  const begun = `since ${new Date(since).toISOString()}`
  if (stage === 'route') return `It is being sent now, ${begun}: the server for it is looked up.`
  const to = `to ${host} [${ip}]`
  if (stage === 'in-line') {
    return `It is the next over the connection ${to}, behind the letter that is sent there now, ${begun}.`
  }
  return `It is being sent now, ${begun}, ${to}, at ${stageWords(stage)}.`
}

/** A stage, to stand behind "at". */
export function stageWords(stage: SendStage): string {
  switch (stage) {
    case 'route':
      return 'the look-up of its server'
    case 'in-line':
      return 'its turn behind another letter'
    case 'connecting':
      return 'the connection'
    case 'greeting':
      return 'the greeting'
    case 'TLS':
      return 'the start of TLS'
    case 'content':
      return 'the content behind DATA'
    case 'final-reply':
      return 'the final reply: all of it was sent'
    case 'EHLO':
    case 'HELO':
    case 'LHLO':
    case 'STARTTLS':
    case 'AUTH':
    case 'MAIL':
    case 'RCPT':
    case 'DATA':
    case 'RSET':
    case 'QUIT':
      return stage
  }
}
