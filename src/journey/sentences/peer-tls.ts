import type { DeliveryStep, ShownCertificate } from '../delivery-steps.ts'
import { ended, quoted, type Sentence } from '../sentence.ts'
import { dayOf } from './transport.ts'

type PeerTlsStep = DeliveryStep & {
  readonly type: 'peer-tls' | 'peer-no-tls' | 'peer-tls-failed'
}

/** Tells whether the way to another server is private, and what it has proved of itself. */
export function tellPeerTls(step: PeerTlsStep): Sentence {
  const common = { id: 'dial.tls', label: 'TLS', question: 'Is the way to it private?' }
  switch (step.type) {
    case 'peer-tls': {
      const { host, protocol, cipher, certificate, implicit = false, demanded, record } = step
      const how = implicit ? 'TLS from the start' : 'STARTTLS'
      const taken = certificate?.trusted !== false || demanded === 'dane'
      const details = { host, protocol, cipher, certificate: certificate ?? null }
      const held = { demanded: demanded ?? null, tlsa: record ?? null }
      return {
        ...common,
        answer: `Yes: ${how}, ${protocol}, ${trustWords(step)}.`,
        verdict: taken ? 'ok' : 'note',
        rules: [implicit ? 'RFC 8314 §3.3' : 'RFC 3207', demandRules[demanded ?? 'nothing']],
        details: { ...details, ...held },
      }
    }
    case 'peer-no-tls': {
      const { host, problem, before } = step
      const known = beforeWords(step)
      return {
        ...common,
        answer:
          problem === undefined
            ? // Version 0.1.0 did not write down which.
              `No: ${quoted(host)} did not offer STARTTLS, or it failed.`
            : `No, it goes in clear text. At ${quoted(host)} ${quoted(problem, 300)}.${known}`,
        verdict: 'warn',
        rules: ['RFC 3207'],
        details: { host, problem: problem ?? null, before: before ?? null },
      }
    }
    case 'peer-tls-failed': {
      const { host, demanded, problem, certificate, before } = step
      const what = `${quoted(host)} must have ${demandWords[demanded]}`
      const details = { host, demanded, problem, certificate: certificate ?? null }
      return {
        ...common,
        answer:
          `No, and nothing was sent: ${what}, and ${ended(quoted(problem, 300))}` +
          beforeWords(step),
        verdict: 'fail',
        rules: ['RFC 3207', demandRules[demanded]],
        details: { ...details, before: before ?? null },
      }
    }
  }
}

function trustWords({
  certificate,
  demanded,
  record,
}: PeerTlsStep & { readonly type: 'peer-tls' }): string {
  if (record !== undefined) return `certificate as its TLSA record says (${quoted(record, 40)})`
  if (certificate === undefined) return 'no certificate'
  if (certificate.trusted) return `certificate from ${quoted(certificate.issuer)}`
  return `${untrusted(certificate)}, which ${demanded === 'encrypted' ? 'nobody asks for' : 'opportunistic TLS takes'}`
}

function untrusted({ problem }: ShownCertificate): string {
  return `certificate not trusted (${problem ?? ''})`
}

function beforeWords({
  before,
}: PeerTlsStep & { readonly type: 'peer-no-tls' | 'peer-tls-failed' }): string {
  if (before === undefined) return ''
  return ` It had ${strengthWords[before.best]} before, last on ${dayOf(before.seenAt)}.`
}

const strengthWords = {
  encrypted: 'TLS',
  verified: 'TLS with a certificate that was trusted',
  dane: 'TLS as its TLSA records said',
} as const

const demandWords = {
  encrypted: 'TLS',
  verified: 'TLS and a certificate with its name',
  dane: 'TLS and a certificate that its TLSA records are about (DANE)',
} as const

const demandRules = {
  nothing: 'RFC 7435',
  encrypted: 'RFC 7435',
  verified: 'RFC 9525',
  dane: 'RFC 7672 §3',
} as const
