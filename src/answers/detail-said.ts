import type { AnswerKind } from './kinds.ts'
import { readReported } from './read-report.ts'

/**
 * Subject and detail of the enhanced code (RFC 3463) for what a report says in a reply without such a
 * code, or in sentences: `2.2` of "mailbox full". It is read as every report is. `undefined` where it
 * says nothing, or nothing for which there is a code.
 *
 * @param permanent whether it stands for a refusal for good
 */
export function detailSaid(said: string, permanent: boolean): string | undefined {
  const { reading } = readReported({ status: permanent ? '5.0.0' : '4.0.0', said })
  return details[reading.kind]
}

/** Read again by `enhancedCodes`, each is of its kind, or of one that says less. */
const details: Readonly<Partial<Record<AnswerKind, string>>> = {
  'no-such-mailbox': '1.1',
  dns: '1.2',
  'sender-refused': '1.8',
  'mailbox-disabled': '2.1',
  'mailbox-full': '2.2',
  'system-full': '3.1',
  unsupported: '3.3',
  'too-big': '3.4',
  network: '4.1',
  loop: '4.6',
  content: '6.0',
  'relay-denied': '7.1',
  policy: '7.1',
  spam: '7.1',
  listed: '7.1',
  reputation: '7.1',
  'login-wanted': '7.8',
  'tls-wanted': '7.10',
  'no-reverse-name': '7.25',
  'authentication-failed': '7.26',
  'rate-limited': '7.28',
}
