import type { DeliveryStep } from '../delivery-steps.ts'
import { quoted, type Sentence } from '../sentence.ts'

/** Tells that a server did not take the way to log in that keeps the password secret from it. */
export function tellPeerLogin({
  host,
  refused,
}: DeliveryStep & { readonly type: 'peer-login' }): Sentence {
  const said = refused.map(({ mechanism, said: words }) => {
    return `${quoted(mechanism)} was refused with "${quoted(words, 300)}"`
  })
  return {
    id: 'dial.login',
    label: 'log-in',
    question: `Does ${quoted(host)} let us log in as it offers?`,
    answer: `Not quite: ${said.join(', ')}. It was shown the password, over TLS in which it has proved who it is.`,
    verdict: 'note',
    rules: ['RFC 4954 §6', 'RFC 5802'],
    details: { host, refused },
  }
}
