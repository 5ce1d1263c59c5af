import type { StsFinding } from '../../mta-sts/finding.ts'
import type { StsMode } from '../../mta-sts/policy.ts'
import type { HostDemand, Transport } from '../../transport/demand.ts'
import type { TransportFacts } from '../../transport/transport.ts'
import type { StepData } from '../steps.ts'

const [first, second] = ['mx1.south.example', 'mx2.south.example']
const record = { usage: 3, selector: 1, matchingType: 1, data: 'ab'.repeat(32) }
const seenAt = Date.UTC(2026, 10, 20)
const trouble = {
  stage: 'fetch',
  text: 'The policy host did not answer.',
  resultType: 'sts-policy-fetch-error',
} as const
const plain: TransportFacts = {
  port: 25,
  rules: { dane: true, mtaSts: true, least: 'opportunistic', memory: 'note' },
  wish: 'none',
  sts: { type: 'none' },
  known: [],
}

function policy(mode: StsMode, problem?: typeof trouble): StsFinding {
  const lists = { unknown: [], repeated: [], lines: [] }
  const read = { mode, mx: [first], maxAgeSeconds: 86_400, ...lists }
  const from = problem === undefined ? 'fetched' : 'kept'
  const kept = problem === undefined ? {} : { problem }
  return { type: 'policy', id: '1', policy: read, fetchedAt: 0, from, ...kept }
}

function step(transport: Transport, facts: Partial<TransportFacts> = {}): StepData {
  const destination = 'south.example'
  return { type: 'transport', destination, facts: { ...plain, ...facts }, transport }
}

function go(hosts: readonly HostDemand[], facts: Partial<TransportFacts> = {}): StepData {
  return step({ result: 'go', hosts }, facts)
}

const opportunistic = { demand: { type: 'opportunistic' } } as const
const encrypted = { demand: { type: 'encrypted' } } as const
const verified = { demand: { type: 'verified', names: [first] } } as const
const dane = { demand: { type: 'dane', records: [record], names: [first] } } as const
const skip = { demand: { type: 'skip', because: 'No.' } } as const
const name = `_25._tcp.${first}`
const failed = { type: 'failed', name, reason: 'servfail' } as const
const match = { result: 'match', mxHost: first, pattern: first } as const
const mismatch = { result: 'mismatch', mxHost: second, enforced: true } as const
const untested = { ...mismatch, enforced: false } as const
const nobody = { ...opportunistic, reason: 'nobody-asks' } as const

/** The step of what servers must prove, in all its forms. */
export const transportSteps: readonly StepData[] = [
  go([
    { host: first, ...nobody },
    { host: second, ...nobody },
  ]),
  go(['a', 'b', 'c', 'd', 'e'].map((host) => ({ host, ...nobody }))),
  go([
    { host: first, ...dane, reason: 'tlsa' },
    { host: second, ...nobody },
  ]),
  go([{ host: first, ...encrypted, reason: 'tlsa-unusable' }]),
  go([
    { host: first, ...skip, reason: 'tlsa-unknown', tlsa: failed },
    { host: second, ...nobody },
  ]),
  go(
    [
      { host: first, ...verified, reason: 'sts', sts: match },
      { host: second, ...skip, reason: 'sts-mismatch', sts: mismatch },
    ],
    { sts: policy('enforce') },
  ),
  go([{ host: first, ...verified, reason: 'sts', sts: match }], {
    sts: policy('enforce', trouble),
  }),
  go(
    [
      { host: first, ...nobody, sts: match },
      { host: second, ...nobody, sts: untested },
    ],
    { sts: policy('testing') },
  ),
  go([{ host: first, ...nobody, sts: match }], { sts: policy('testing') }),
  go([{ host: first, ...nobody }], { sts: { type: 'failed', trouble } }),
  go([{ host: first, ...encrypted, reason: 'setting' }]),
  go([{ host: first, ...verified, reason: 'setting' }]),
  go([{ host: first, ...opportunistic, reason: 'message-waives' }], { wish: 'waived' }),
  go(
    [
      { host: first, ...dane, reason: 'tlsa' },
      { host: second, ...verified, reason: 'message-requires' },
    ],
    { wish: 'required' },
  ),
  go([
    {
      host: first,
      ...encrypted,
      reason: 'memory',
      before: { host: first, best: 'verified', seenAt },
    },
  ]),
  step(
    {
      result: 'permanent',
      hosts: [{ host: first, ...skip, reason: 'name-not-proved' }],
      status: '5.7.30',
      because: 'The message requires TLS, and nobody proves the name.',
    },
    { wish: 'required' },
  ),
  step({
    result: 'temporary',
    hosts: [{ host: first, ...skip, reason: 'tlsa-unknown', tlsa: failed }],
    status: '4.4.3',
    because: 'The TLSA records could not be looked up',
  }),
  step({ result: 'no-route' }),
]

const certificate = {
  subject: 'CN=mx1.south.example',
  issuer: 'CN=mx1.south.example',
  trusted: false,
  problem: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  fingerprint: 'ab',
}
const tls = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' }
const before = { host: first, best: 'dane', seenAt } as const

/** What a server proved when it was connected to, or did not. */
export const provedSteps: readonly StepData[] = [
  {
    type: 'peer-tls',
    host: first,
    ...tls,
    certificate,
    demanded: 'dane',
    record: `3 1 1 ${record.data}`,
  },
  { type: 'peer-tls', host: first, ...tls, certificate, demanded: 'encrypted' },
  {
    type: 'peer-tls',
    host: first,
    ...tls,
    certificate: { ...certificate, trusted: true, problem: undefined },
    demanded: 'verified',
  },
  { type: 'peer-no-tls', host: first, problem: 'TLS was not offered', before },
  {
    type: 'peer-tls-failed',
    host: first,
    demanded: 'dane',
    problem: 'none of its TLSA records is about a certificate that it has shown',
    certificate,
  },
  {
    type: 'peer-tls-failed',
    host: first,
    demanded: 'verified',
    problem: 'its certificate does not hold (CERT_HAS_EXPIRED)',
    certificate,
    before: { ...before, best: 'encrypted' },
  },
  {
    type: 'peer-tls-failed',
    host: first,
    demanded: 'encrypted',
    problem: 'TLS was not offered',
    certificate: undefined,
    before: { ...before, best: 'verified' },
  },
]
