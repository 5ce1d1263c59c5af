import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAnswer } from '../answers/read-answer.ts'
import type { DnsFailure } from '../dns/resolver.ts'
import type { JourneyRecord } from '../journey/record.ts'
import type { Step, StepData } from '../journey/steps.ts'
import { queueItem } from '../queue/test-support/queue-item.ts'
import type { FailureCause } from '../smtp/client-types.ts'
import type { DemandReason, HostDemand, TargetDemand } from '../transport/demand.ts'
import type { WhyRecipient } from './why.ts'
import { whyJourney } from './why-journey.ts'

const now = Date.UTC(2026, 10, 2, 10)
const recipient = 'bob@south.example'
const host = 'mx.south.example'
const destination = 'south.example'

/** What is told of a letter with these steps; `waits`: it has its place in the queue still. */
function told(data: readonly StepData[], waits = true): WhyRecipient {
  const steps = data.map((one): Step => ({ ...one, startedAt: now, durationMs: 0, dns: [] }))
  const smtp = { code: 250, enhanced: '2.0.0', text: 'OK', atCommand: 'DATA' }
  const record: JourneyRecord = {
    schema: 'waybill.record/1',
    id: 'j1',
    direction: 'out',
    mode: 'live',
    host: 'mx.north.example',
    startedAt: now,
    envelope: { ip: '', helo: '', mailFrom: 'anna@north.example', rcptTo: [recipient] },
    outcome: { status: 'queued', smtp, because: [] },
    steps,
    conversation: [],
    replay: undefined,
    subject: '',
    messageId: '<m@north.example>',
  }
  const item = queueItem('q1', { recipient, destination, nextAttemptAt: now + 9, attempts: 1 })
  const why = whyJourney({ record, items: waits ? [item] : [], standings: [], running: true, now })
  const [one] = why.recipients
  assert.ok(one !== undefined)
  return one
}

function attempt(
  because: FailureCause | 'route',
  { status, at = host, n = 1 }: { status: string; at?: string; n?: number },
): StepData & { readonly type: 'attempt' } {
  const atCommand = because === 'unknownAfterMessage' ? 'MESSAGE' : 'CONNECT'
  return {
    type: 'attempt',
    recipient,
    attempt: n,
    host: at,
    ip: '',
    result: status.startsWith('5') ? 'failed' : 'deferred',
    answer: undefined,
    reading: readAnswer({ because, atCommand, status, reply: null }),
    problem: 'It went wrong',
    nextAttemptAt: undefined,
    conversation: [],
  }
}

function route(reason: DnsFailure): StepData {
  return {
    type: 'route',
    destination,
    seed: 1,
    self: { selfNames: [], selfAddresses: [] },
    route: {
      type: 'temporary',
      reason: 'could-not-ask',
      status: '4.4.3',
      because: `The mail servers of ${destination} could not be looked up (${reason}).`,
      questions: [{ name: destination, type: 'MX', answer: { type: 'failed', reason } }],
      exchanges: [],
    },
  }
}

function transport(
  demand: TargetDemand,
  reason: DemandReason,
  tlsa?: HostDemand['tlsa'],
): StepData {
  const hosts = [{ host, demand, reason, ...(tlsa === undefined ? {} : { tlsa }) }]
  const left = { result: 'temporary', hosts, status: '4.7.5', because: 'Not now.' } as const
  return {
    type: 'transport',
    destination,
    facts: {
      port: 25,
      rules: { dane: true, mtaSts: true, least: 'opportunistic', memory: 'note' },
      wish: 'none',
      sts: { type: 'none' },
      known: [],
    },
    transport: demand.type === 'skip' ? left : { result: 'go', hosts },
  }
}

function tlsFailed(demanded: 'dane' | 'verified', shown = true): StepData {
  const certificate = {
    subject: 'CN=other',
    issuer: 'CN=ca',
    trusted: false,
    problem: undefined,
    fingerprint: '',
  }
  return {
    type: 'peer-tls-failed',
    host,
    demanded,
    problem: 'its certificate has another name',
    certificate: shown ? certificate : undefined,
  }
}

const nowhere = attempt('route', { status: '4.4.3', at: '' })
const noTls = attempt('tlsFailed', { status: '4.7.5' })
const dane: TargetDemand = { type: 'dane', records: [], names: [host] }
const verified: TargetDemand = { type: 'verified', names: [host] }
const skip: TargetDemand = { type: 'skip', because: 'Not now.' }

test('who can mend what keeps a letter has the turn, and it is said what that is', () => {
  const failedTlsa = (reason: DnsFailure) => {
    return { type: 'failed', name: `_25._tcp.${host}`, reason } as const
  }
  const cases: readonly (readonly [string, readonly StepData[], WhyRecipient['turn'], RegExp])[] = [
    [
      'dead resolver',
      [route('no-resolver'), nowhere],
      'operator',
      /None of our DNS servers answer/,
    ],
    [
      'dead resolver at TLSA',
      [
        transport(skip, 'tlsa-unknown', failedTlsa('no-resolver')),
        attempt('route', { status: '4.7.5', at: '' }),
      ],
      'operator',
      /None of our DNS servers answer/,
    ],
    [
      'DNSSEC',
      [route('servfail'), nowhere],
      'other-server',
      /for south\.example \(SERVFAIL\): the zone fails DNSSEC.* The owner of the zone/,
    ],
    [
      'DNSSEC at TLSA',
      [
        transport(skip, 'tlsa-unknown', failedTlsa('servfail')),
        attempt('route', { status: '4.7.5', at: '' }),
      ],
      'other-server',
      /_25\._tcp\.mx\.south\.example \(SERVFAIL\)/,
    ],
    ['a full house', [route('no-place'), nowhere], 'this-server', /DNS gave no usable answer/],
    [
      'DANE',
      [transport(dane, 'tlsa'), tlsFailed('dane'), noTls],
      'other-server',
      /does not fit the TLSA record.*postmaster of the destination has to mend/,
    ],
    [
      'MTA-STS',
      [transport(verified, 'sts'), tlsFailed('verified'), noTls],
      'other-server',
      /enforces an MTA-STS policy.*another name\..*The postmaster of the destination/,
    ],
    [
      'our settings',
      [transport(verified, 'setting'), tlsFailed('verified'), noTls],
      'operator',
      /delivery\.verified_to/,
    ],
    [
      'a handshake that failed says nothing of the certificate',
      [transport(dane, 'tlsa'), tlsFailed('dane', false), noTls],
      'this-server',
      /Mail may go there over TLS only/,
    ],
    [
      'what an attempt before met is not told of this one',
      [route('no-resolver'), nowhere, attempt('timeout', { status: '4.4.2', n: 2 })],
      'this-server',
      /could not be reached/,
    ],
  ]
  for (const [name, steps, turn, says] of cases) {
    const one = told(steps)
    assert.match(one.says, says, name)
    assert.equal(one.turn, turn, name)
    assert.equal(/nobody has to do anything/.test(one.says), turn === 'this-server', name)
    assert.doesNotMatch(one.says, /It takes mail over TLS only/, name)
    // Programs read the same as people.
    assert.ok(one.says.includes(one.reading?.meaning ?? 'none'), name)
  }
})

test('one that was given up after that says the same', () => {
  const last = { ...noTls, result: 'failed' } as const
  const one = told([transport(dane, 'tlsa'), tlsFailed('dane'), last], false)
  assert.equal(one.turn, 'other-server')
  assert.match(one.says, /does not fit the TLSA record/)
})

test('a letter that was sent whole and not answered may be there, as often as that happened', () => {
  const lost = (n: number) => attempt('unknownAfterMessage', { status: '4.4.2', n })
  const once = told([lost(1)])
  assert.match(once.says, /sent whole, and the server may have it, so that copies are possible/)
  assert.match(once.says, / Once the whole letter was sent/)
  assert.doesNotMatch(once.says, /could not be reached/)
  assert.equal(once.reading?.rule, 'own.unknownAfterMessage')
  assert.match(told([lost(1), lost(2)]).says, / 2 times the whole letter was sent/)
  const later = told([lost(1), attempt('timeout', { status: '4.4.2', n: 2 })])
  assert.match(later.says, /could not be reached.* Once the whole letter was sent/)
  const { reading: _reading, ...step } = lost(2)
  const sent = { ...step, result: 'delivered' } as const
  assert.match(told([lost(1), sent], false).says, /took it.* Once the whole letter was sent/)
})
