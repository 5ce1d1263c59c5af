import type { AnswerReading } from './kinds.ts'

/** Whose turn it is: who has to do something next, or nobody. */
export type Turn = 'this-server' | 'operator' | 'sender' | 'recipient' | 'other-server' | 'nobody'

/** Whose turn it is after a refusal, and what they can do, in a sentence. */
export interface NextTurn {
  readonly turn: Turn
  readonly todo: string
}

/**
 * Whose turn it is once a letter was refused for good. As long as it waits it is the turn of the server
 * that has it, whatever was said.
 */
export function turnAfter({ kind, scope }: AnswerReading): NextTurn {
  switch (kind) {
    case 'greylisted':
    case 'try-later':
    case 'network':
      return sender('The sender can send it again later.')
    case 'rate-limited':
      return scope === 'recipient'
        ? sender('The sender can send it again later, or to fewer recipients at a time.')
        : operator('Whoever runs the sending server has it send less at a time.')
    case 'mailbox-full':
      return {
        turn: 'recipient',
        todo: 'The recipient has to make room, then it can be sent again.',
      }
    case 'no-such-mailbox':
      return sender('The sender has to look whether the address is right.')
    case 'mailbox-disabled':
      return sender('The sender has to ask the recipient, another way, for an address that works.')
    case 'relay-denied':
      return other('Whoever runs the domain of the recipient has to set it up, or its MX records.')
    case 'sender-refused':
      return sender(
        'The sender has to use an address that exists and whose domain has MX or A records.',
      )
    case 'authentication-failed':
      return operator(
        'Whoever runs the domain of the sender has to set up SPF, DKIM and DMARC for this server.',
      )
    case 'listed':
      return scope === 'ourselves'
        ? operator(
            'Whoever runs the sending server has to find out why, and ask the list to take it off.',
          )
        : sender(
            'The sender has to see which domain or link is listed, and leave it out or clear it.',
          )
    case 'reputation':
      return operator('Whoever runs the sending server has to see what it sends, and to whom.')
    case 'no-reverse-name':
      return operator(
        'Whoever runs the sending server has to give its address a name in DNS that leads back to it.',
      )
    case 'tls-wanted':
      return operator('Whoever runs the sending server has to have it use TLS there.')
    case 'login-wanted':
      return operator(
        'Whoever runs the sending server has to give it a log-in there, or the right one.',
      )
    case 'spam':
    case 'content':
      return sender('The sender has to change what is in the letter.')
    case 'too-big':
      return sender('The sender has to send less, in parts, or as a link.')
    case 'policy':
      return scope === 'ourselves'
        ? operator('Whoever runs the sending server has to ask whoever runs the other one.')
        : sender('The sender has to ask the recipient, or whoever runs their mail.')
    case 'system-full':
    case 'connection-limit':
      return other(
        'Whoever runs the other server has to make room; the sender can send it again later.',
      )
    case 'dns':
      return sender(
        'The sender has to look whether the domain is right; it may be gone, or its DNS broken.',
      )
    case 'loop':
      return other(
        'Whoever runs the domain of the recipient has to find where the letter turns back.',
      )
    case 'protocol':
    case 'unsupported':
      return operator(
        'Whoever runs the two servers has to see why they do not understand each other.',
      )
    case 'unknown':
      return sender('The sender has to ask whoever runs the mail of the recipient.')
  }
}

function sender(todo: string): NextTurn {
  return { turn: 'sender', todo }
}

function operator(todo: string): NextTurn {
  return { turn: 'operator', todo }
}

function other(todo: string): NextTurn {
  return { turn: 'other-server', todo }
}
