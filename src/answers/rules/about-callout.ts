import type { WordRule } from '../rule.ts'

/**
 * What is said by a server that has asked another one whether the sender's address is there, and quotes
 * its reply. Asked before everything else: code and words in the quotation are about the sender, and
 * would be taken for words about the recipient.
 */
export const aboutCallout: readonly WordRule[] = [
  {
    id: 'exim.sender-verify',
    kind: 'sender-refused',
    says: 'It has asked whether the address of the sender is there, and heard that it is not.',
    words: [
      'sender verify failed',
      'sender verify callout',
      'sender callout',
      'verification failed for … called … sent',
    ],
    sure: true,
  },
  {
    id: 'postfix.sender-verify',
    kind: 'sender-refused',
    says: 'Postfix has asked whether the address of the sender is there, and heard that it is not.',
    words: [
      'sender address rejected undeliverable address',
      'sender address rejected unverified address',
    ],
    sure: true,
  },
]
