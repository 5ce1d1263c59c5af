import type { DeliveryStep } from '../delivery-steps.ts'
import { listed, quoted, type Sentence } from '../sentence.ts'

type SharedStep = DeliveryStep & { readonly type: 'shared' }

/** Tells of a connection that was open already: for whom, since when, and what it had proved. */
export function tellShared(step: SharedStep): Sentence {
  const { host, ip, port, openedAt, openedFor, recipients, proved, names, from } = step
  const since = new Date(openedAt).toISOString()
  const where = `${quoted(host)} (${port === 0 ? quoted(ip) : `${ip}:${port}`})`
  const whom = { another: 'another destination that has it, too', 'the-same': 'this destination' }
  const carried = `${recipients} recipient${recipients === 1 ? '' : 's'}`
  return {
    id: 'dial.shared',
    label: 'connected',
    question: `Does ${quoted(host)} answer?`,
    answer:
      `Yes, ${where}, over a connection that was opened for ${whom[openedFor]}, at ${since},` +
      ` and has brought letters to ${carried} since. ${provedWords(step)}`,
    verdict: 'ok',
    rules: ['RFC 5321 §4.5.4.2', provedRules[proved]],
    details: {
      host,
      ip,
      port,
      opened_at: since,
      opened_for: openedFor,
      recipients,
      proved,
      ...(names === undefined ? {} : { names }),
      ...(from === undefined ? {} : { from }),
    },
  }
}

function provedWords({ proved, names = [] }: SharedStep): string {
  switch (proved) {
    case 'clear':
      return 'It is in clear text, and nothing else is demanded here.'
    case 'encrypted':
      return 'It has TLS that proved nothing of the server, and no proof is demanded here.'
    case 'verified': {
      const which = listed(names.map((name) => quoted(name)))
      return `It was opened with TLS and a certificate for ${which} that is trusted; so it may serve here.`
    }
    case 'dane':
      return 'It was opened with TLS and a certificate as TLSA records say; so it may serve here.'
  }
}

const provedRules = {
  clear: 'RFC 7435',
  encrypted: 'RFC 7435',
  verified: 'RFC 8461 §4.1',
  dane: 'RFC 7672 §3',
} as const
