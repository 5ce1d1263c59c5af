/**
 * Every step in its words, beside `catalogue.golden.txt`. A changed sentence is a changed line there:
 * `WAYBILL_GOLDEN=write` writes the file anew.
 */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { evaluateDmarc } from '../dmarc/dmarc.ts'
import { decideDmarc } from '../dmarc/decision.ts'
import { formatDkimRecord, generateDkimKey, signDkim, verifyDkim } from '../dkim/dkim.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import { seededRandom } from '../base/random.ts'
import { routeToNextHop } from '../route/next-hop.ts'
import { routeTo } from '../route/route.ts'
import { checkSpf } from '../spf/spf.ts'
import { sideOf, tell } from './catalogue.ts'
import { probeStages } from './probed-step.ts'
import type { StepData } from './steps.ts'
import { sharedSteps } from './test-support/shared-steps.ts'
import { sourceSteps } from './test-support/source-steps.ts'
import { provedSteps, transportSteps } from './test-support/transport-steps.ts'

const golden = new URL('catalogue.golden.txt', import.meta.url)

const refusal = { code: 550, enhanced: '5.1.1', text: 'No. Ref x', atCommand: 'RCPT TO' }
const later = { code: 451, enhanced: '4.7.1', text: 'Come back. Ref x', atCommand: 'RCPT TO' }
const good = { code: 250, enhanced: '2.1.5', text: 'Recipient OK', atCommand: 'RCPT TO' }
const [rcptTo, host, ip] = ['r@south.example', 'mx.south.example', '203.0.113.20']
const certificate = {
  subject: 'CN=mx.south.example',
  issuer: 'CN=The authority',
  trusted: true,
  problem: undefined,
  fingerprint: 'ab',
}
const tls = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' }
const attempt = {
  type: 'attempt',
  recipient: rcptTo,
  attempt: 2,
  host,
  ip,
  problem: '',
  nextAttemptAt: undefined,
  conversation: [],
} as const

const report = { to: ['ruf@a.example'], journey: 'x', incidents: 1, refused: [] }
const unserved = (
  [
    'unusable',
    'not-mail',
    'not-authorized',
    'dns-error',
    'too-many',
    'no-mailbox',
    'limit',
  ] as const
).map((because) => ({ uri: 'mailto:ruf@c.example', because }))
const fault = { type: 'fault', probability: 100, delayMs: 0, dropped: false } as const
const limited = {
  code: 421,
  enhanced: '4.7.0',
  text: 'Try again later.',
  atCommand: 'connect',
}
/** What is told of a failure report. */
const reported: readonly StepData[] = [
  { type: 'reported', ...report },
  { type: 'reported', ...report, to: ['ruf@a.example', 'ruf@b.example'], incidents: 3 },
  { type: 'reported', ...report, refused: unserved.slice(2, 3) },
  ...(['public-suffix', 'automatic', 'domain-limit', 'total-limit'] as const).map(
    (because): StepData => ({ type: 'not-reported', because, refused: [] }),
  ),
  { type: 'not-reported', because: 'no-destination', refused: unserved },
]

/** Steps of a connection, of its end and of a delivery, each in all its forms. */
const plain: readonly StepData[] = [
  { type: 'connect', ip, port: 4321, listener: 'smtp' },
  { type: 'connect', ip: '2001:db8::1', port: 4321, listener: 'submission' },
  { type: 'connect', ip, port: 4321, listener: 'submissions' },
  { type: 'vouched', by: 'network', network: '192.168.1.0/24', ip: '192.168.1.20' },
  { type: 'tls', ...tls },
  { type: 'tls-failed', problem: 'wrong version\r\nnumber' },
  { type: 'helo', verb: 'EHLO', name: 'x.example' },
  { type: 'helo', verb: 'HELO', name: '\u0007odd' },
  { type: 'login', mechanism: 'LOGIN', account: '', accepted: false, answer: refusal },
  { type: 'login', mechanism: 'LOGIN', account: 'a@b', accepted: false, answer: refusal },
  { type: 'command-refused', command: 'MAIL FROM', answer: { ...refusal, code: 552 } },
  { type: 'command-refused', command: '', answer: { ...refusal, code: 421 } },
  { type: 'connect', ip, port: 40_000, listener: 'http' },
  { type: 'connect', ip: '127.0.0.1', port: 0, listener: 'sendmail' },
  { type: 'login', mechanism: 'sendmail', account: 'ann', accepted: true },
  { type: 'login', mechanism: 'HTTP', account: 'key ci', accepted: true },
  { type: 'login', mechanism: 'PLAIN', account: 'a@b.example', accepted: true },
  { type: 'login', mechanism: 'LOGIN', account: 'a@b.example', accepted: false },
  { type: 'limit', limit: 'limits.wrong_passwords', of: 'address', answer: limited },
  { type: 'limit', limit: 'limits.refused_recipients', of: 'network', answer: limited },
  { type: 'limit', limit: 'limits.memory_bytes', of: 'server', answer: limited },
  ...(['deliver', 'mark-as-spam', 'refuse', 'defer'] as const).map((would): StepData => {
    return { type: 'caught', would, answer: { ...refusal, atCommand: 'DATA' } }
  }),
  { type: 'caught', would: 'deliver', answer: good, unknown: true },
  ...(['connect', 'auth', 'sender', 'recipient', 'data'] as const).map((stage): StepData => {
    return { ...fault, stage, answer: later }
  }),
  { ...fault, stage: 'recipient', probability: 50, delayMs: 2000, answer: undefined },
  { ...fault, stage: 'data', delayMs: 2000, answer: undefined, dropped: true },
  { type: 'sender', mailFrom: 'a@b.example', refused: undefined },
  { type: 'sender', mailFrom: '', refused: undefined },
  { type: 'sender', mailFrom: 'a@b.example', refused: { ...refusal, text: 'Not yours.' } },
  { type: 'sender', mailFrom: 'a@b_c.example', refused: undefined, remarks: ['underscore'] },
  { type: 'recipient', rcptTo, to: 'mailbox', answer: good },
  {
    type: 'recipient',
    rcptTo,
    to: 'refused',
    answer: refusal,
    remarks: ['space-before-path', 'no-brackets', 'odd-dots', 'long-local-part', 'trailing-dot'],
  },
  { type: 'recipient', rcptTo, to: 'remote', answer: good },
  { type: 'recipient', rcptTo, to: 'refused', answer: refusal },
  { type: 'recipient', rcptTo, to: 'refused', answer: later },
  { type: 'message', octets: 1234, sha256: 'ab', problem: undefined },
  { type: 'message', octets: 1234, sha256: '', problem: 'too-big' },
  { type: 'message', octets: 1234, sha256: '', problem: 'bare-newline' },
  { type: 'message', octets: 1234, sha256: 'ab', problem: 'header-too-long' },
  { type: 'message', octets: 1234, sha256: 'ab', problem: 'header-too-many-fields' },
  { type: 'message', octets: 1234, sha256: 'ab', problem: 'header-field-too-long' },
  { type: 'completed', added: ['Date'] },
  { type: 'completed', added: ['Date', 'Message-ID', 'From'] },
  { type: 'adapted', removed: ['bcc'], folded: [] },
  { type: 'adapted', removed: ['bcc', 'return-path'], folded: ['references'] },
  { type: 'adapted', removed: [], folded: ['to', 'references'] },
  {
    type: 'received-spf',
    field: `Received-SPF: none (${host}: a.example has no policy)\r\n client-ip=${ip}; helo=x\r\n`,
  },
  { type: 'refused', answer: { ...refusal, atCommand: 'DATA' } },
  { type: 'deferred', answer: { ...later, atCommand: 'DATA' } },
  ...[
    'quit',
    'peerClosed',
    'lost',
    'timeout',
    'refused',
    'tooManyErrors',
    'tooMuch',
    'earlyTalk',
    'notSmtp',
    'shutdown',
    'read ECONNRESET',
  ].map((why): StepData => ({ type: 'dropped', why })),
  { type: 'filed', account: rcptTo, mailbox: 'Inbox', recipient: rcptTo },
  { type: 'filed', account: rcptTo, mailbox: 'Junk', recipient: rcptTo },
  {
    type: 'filed',
    account: rcptTo,
    mailbox: 'Inbox',
    recipient: rcptTo,
    alsoFor: ['f@south.example'],
  },
  { type: 'signed', domain: 'b.example', keys: [{ selector: 's1', algorithm: 'rsa-sha256' }] },
  {
    type: 'signed',
    domain: 'b.example',
    keys: [
      { selector: 's1', algorithm: 'rsa-sha256' },
      { selector: 's2', algorithm: 'ed25519-sha256' },
    ],
  },
  { type: 'not-notified', why: 'unproven-sender', recipients: ['x@south.example'] },
  { type: 'unsigned', domain: 'b.example' },
  { type: 'queued', recipient: rcptTo, destination: 'south.example' },
  { type: 'queued', recipient: rcptTo, destination: 'south.example', notBefore: 1_795_000_000_000 },
  ...reported,
  { type: 'dial', host, ip, port: 25, place: undefined, problem: undefined },
  { type: 'dial', host, ip, port: 25, place: '127.0.0.1:2602', problem: undefined },
  { type: 'dial', host, ip, port: 25, place: undefined, problem: 'connection refused' },
  ...sharedSteps,
  { type: 'peer-tls', host, ...tls, certificate },
  {
    type: 'dial',
    host: '/run/lmtp',
    ip: '/run/lmtp',
    port: 0,
    place: undefined,
    problem: undefined,
  },
  { type: 'peer-tls', host, ...tls, implicit: true, certificate },
  {
    type: 'peer-tls',
    host,
    ...tls,
    certificate: { ...certificate, trusted: false, problem: 'CERT_HAS_EXPIRED' },
  },
  { type: 'peer-tls', host, ...tls, certificate: undefined },
  { type: 'peer-no-tls', host, problem: undefined },
  {
    type: 'peer-login',
    host,
    refused: [{ mechanism: 'SCRAM-SHA-256', said: '535 5.7.8 Not with this one' }],
  },
  ...provedSteps,
  ...transportSteps,
  ...sourceSteps,
  { ...attempt, result: 'delivered', answer: { ...good, atCommand: 'DATA' } },
  {
    ...attempt,
    result: 'deferred',
    answer: later,
    problem: 'The server refused the recipient for now',
    nextAttemptAt: Date.UTC(2026, 10, 2, 10),
  },
  { ...attempt, result: 'deferred', answer: undefined, problem: 'No server answered.' },
  {
    ...attempt,
    result: 'failed',
    answer: refusal,
    problem: 'The server refused the recipient for good',
  },
  {
    type: 'put-off',
    recipient: rcptTo,
    destination: 'south.example',
    problem: 'mx.south.example did not answer.',
    until: Date.UTC(2026, 10, 2, 10),
  },
  {
    type: 'held',
    recipient: rcptTo,
    destination: 'south.example',
    by: 'ann',
    door: 'command line',
    why: 'look at it first',
  },
  {
    type: 'held',
    recipient: rcptTo,
    destination: 'south.example',
    rule: 'a1b2c3',
    by: 'ann',
    door: 'http',
    why: '',
    until: Date.UTC(2026, 10, 2, 10),
  },
  { type: 'released', recipient: rcptTo, by: 'bob', door: 'control socket', why: 'it is fine' },
  {
    type: 'put-off',
    recipient: rcptTo,
    destination: 'south.example',
    problem: 'It wants fewer letters in the same time.',
    until: Date.UTC(2026, 10, 2, 10),
    paused: true,
  },
  ...(['destination', 'source'] as const).map(
    (of): StepData => ({
      type: 'paused',
      of,
      destination: 'south.example',
      problem: `mx.south.example said: 554 5.7.1 listed\r\n`,
      until: Date.UTC(2026, 10, 2, 10),
    }),
  ),
  ...[0, 1, 5].map(
    (converted): StepData => ({
      type: 'converted',
      host: 'mx.north.example',
      parts: Array.from({ length: converted }, (_, n) => ({
        n,
        type: n === 0 ? 'text/plain' : 'image/png',
        from: '8bit',
        to: n === 0 ? 'quoted-printable' : 'base64',
        octets: 1000,
      })),
      converted,
      octetsBefore: 6000,
      octetsAfter: 8192,
      ...(converted === 1
        ? {
            signed: {
              domain: 'south.example',
              keys: [{ selector: 's1', algorithm: 'rsa-sha256' }],
            },
          }
        : {}),
      ...(converted === 5
        ? { sealed: { domain: 'south.example', selector: 's1', instance: 1 } }
        : {}),
      broken: converted === 5 ? [{ domain: 'west.example', selector: 'a\r\nb' }] : [],
    }),
  ),
  {
    type: 'converted',
    host: 'mx.north.example',
    parts: [{ n: 0, type: 'text/plain', from: '7bit', to: 'base64', octets: 3 }],
    converted: 1,
    octetsBefore: 100,
    octetsAfter: 102,
    signed: { domain: 'south.example', keys: [] },
    broken: ['a', 'b', 'c', 'd'].map((selector) => ({ domain: 'west.example', selector })),
  },
  ...(['greylisted', 'listed', 'unknown'] as const).map(
    (kind): StepData => ({
      ...attempt,
      result: 'deferred',
      answer: later,
      problem: 'The server refused the recipient for now',
      nextAttemptAt: Date.UTC(2026, 10, 2, 10),
      reading: { kind, scope: 'recipient', advice: 'retry', rule: 'words.x' },
    }),
  ),
  {
    type: 'given-up',
    recipient: rcptTo,
    destination: 'south.example',
    by: 'ann as root',
    door: 'control socket',
    why: 'its sender asked for it',
    silent: false,
  },
  {
    type: 'given-up',
    recipient: rcptTo,
    destination: 'south.example',
    by: 'ann',
    door: 'command line',
    why: '',
    silent: true,
  },
  {
    type: 'suppressed',
    recipient: rcptTo,
    reason: 'hard-bounce',
    since: Date.UTC(2026, 10, 2, 10),
    until: Date.UTC(2027, 4, 1, 10),
    why: '550 5.1.1 No such user',
    journey: 'x',
  },
  {
    type: 'suppressed',
    recipient: rcptTo,
    reason: 'complaint',
    since: Date.UTC(2026, 10, 2, 10),
    why: '',
  },
  {
    type: 'suppressed',
    recipient: rcptTo,
    reason: 'by-hand',
    since: Date.UTC(2026, 10, 2, 10),
    why: 'she asked for it',
  },
  ...(['failed', 'delayed', 'delivered', 'relayed', 'expanded'] as const).map(
    (action): StepData => {
      const reporter = action === 'expanded' ? '' : 'mx.south.example'
      const said = action === 'failed' ? 'smtp; 550 5.2.2 mailbox full' : ''
      const status = action === 'failed' ? '5.2.2' : '4.4.7'
      const known = { matched: 'envelope-id', journey: 'x' } as const
      return { type: 'returned', recipient: rcptTo, action, status, reporter, said, ...known }
    },
  ),
  {
    type: 'returned',
    recipient: rcptTo,
    action: 'failed',
    status: '5.1.1',
    reporter: 'mx.evil.example',
    said: '',
    matched: 'message-id',
    journey: 'x',
    unproved: true,
  },
  ...['abuse', 'not-spam'].map((feedback): StepData => {
    return { type: 'complained', recipient: rcptTo, feedback, reporter: '', journey: 'x' }
  }),
  {
    type: 'complained',
    recipient: rcptTo,
    feedback: 'abuse',
    reporter: 'eve@evil.example',
    journey: 'x',
    unproved: true,
  },
  {
    type: 'notified',
    about: 'delay',
    to: 'a@b.example',
    journey: 'x',
    recipients: ['1', '2', '3', '4', '5'],
  },
  { type: 'not-notified', why: 'null-sender', recipients: ['r@c.example'] },
  { type: 'not-notified', why: 'never', recipients: ['r@c.example', 's@c.example'] },
  { type: 'notified', about: 'failure', to: 'a@b.example', journey: 'x' },
  { type: 'notified', about: 'delay', to: 'a@b.example', journey: 'x' },
  { type: 'notified', about: 'success', to: 'a@b.example', journey: 'x' },
  { type: 'not-notified', why: 'null-sender' },
  { type: 'not-notified', why: 'not-wanted' },
  { type: 'peer-tls', host, ...tls, certificate, implicit: true },
]

const probed = {
  type: 'probed',
  host,
  ip,
  port: 25,
  offered: ['SIZE 1000'],
  conversation: [],
} as const
const nobody = {
  recipient: rcptTo,
  result: 'failed',
  answer: refusal,
  problem: 'The server refused the recipient for good',
} as const
const forwarded = {
  type: 'forwarded',
  recipient: rcptTo,
  to: ['a@far.example', 'b@far.example'],
  because: 'alias',
} as const
const seal = {
  type: 'sealed',
  instance: 1,
  status: 'none',
  domain: 'south.example',
  selector: 's1',
} as const
/** What goes on to other servers. */
const onward: readonly StepData[] = [
  { ...forwarded, reversePath: 'SRS0=aaaa=2W=north.example=ann@south.example', seal },
  {
    ...forwarded,
    because: 'bounce',
    reversePath: '',
    seal: { type: 'not-sealed', text: 'There is no key of ours.' },
  },
  { type: 'not-forwarded', recipient: rcptTo, why: 'spam' },
]
/** How far a server says yes to a probe. */
const probes: readonly StepData[] = [
  ...probeStages.map((asked): StepData => {
    return { ...probed, asked, result: 'accepted', answer: undefined, problem: '', recipients: [] }
  }),
  { ...probed, asked: 'mail', result: 'deferred', answer: later, problem: 'No', recipients: [] },
  {
    ...probed,
    asked: 'rcpt',
    result: 'failed',
    answer: refusal,
    problem: 'No',
    recipients: [nobody],
  },
  {
    ...probed,
    asked: 'rcpt',
    result: 'failed',
    answer: undefined,
    problem: 'No',
    recipients: [
      nobody,
      { ...nobody, result: 'deferred', answer: later },
      { ...nobody, result: 'accepted', answer: good },
    ],
  },
]

const zone: Zone = {
  'pass.example': { TXT: ['v=spf1 ip4:203.0.113.20 -all'] },
  'fail.example': { TXT: ['v=spf1 -all'] },
  'default.example': { TXT: ['v=spf1 a:fail.example'] },
  'softfail.example': { TXT: ['v=spf1 ~all'] },
  'neutral.example': { TXT: ['v=spf1 ?all'] },
  'two.example': { TXT: ['v=spf1 -all', 'v=spf1 +all'] },
  'wrong.example': { TXT: ['v=spf1 ipv4:1.2.3.4 -all'] },
  'many.example': {
    TXT: [`v=spf1 ${Array.from({ length: 11 }, (_, n) => `a:h${n}.fail.example`).join(' ')} -all`],
  },
  'down.example': { error: 'SERVFAIL' },
  'mx.south.example': { A: [ip] },
  'south.example': { MX: ['10 mx.south.example', '20 gone.south.example'] },
  'a.example': { A: [ip] },
  'null.example': { MX: ['0 .'] },
  'nowhere.example': { MX: ['10 gone.south.example'] },
  '_dmarc.reject.example': { TXT: ['v=DMARC1; p=reject'] },
  '_dmarc.testing.example': { TXT: ['v=DMARC1; p=reject; t=y'] },
  '_dmarc.none.example': { TXT: ['v=DMARC1; p=none'] },
  '_dmarc.down.example': { error: 'SERVFAIL' },
}

const now = Date.UTC(2026, 10, 2, 10) / 1000
const pair = generateDkimKey('ed25519')
const keyZone: Zone = {
  's._domainkey.b.example': { TXT: [formatDkimRecord(pair)] },
  's._domainkey.c.example': { TXT: [formatDkimRecord(pair)] },
  's._domainkey.revoked.example': { TXT: ['v=DKIM1; k=ed25519; p='] },
  's._domainkey.down.example': { error: 'SERVFAIL' },
}

/** Letters that are signed in every way that there are words for. */
function signedLetters(): readonly string[] {
  const text = 'From: a@b.example\r\n\r\nx\r\n'
  const signed = (...domains: readonly string[]): string => {
    const keys = domains.map((domain) => {
      return {
        domain,
        selector: 's',
        privateKey: pair.privateKey,
        algorithm: 'ed25519-sha256',
      } as const
    })
    return signDkim(Buffer.from(text), { keys, now }).join('') + text
  }
  return [
    text,
    signed('b.example'),
    signed('b.example', 'c.example'),
    `${signed('b.example')}more\r\n`,
    signed('b.example').replace('From: a@', 'From: z@'),
    signed('nokey.example'),
    signed('revoked.example'),
    signed('down.example'),
    `DKIM-Signature: v=2\r\n${text}`,
  ]
}

/** Verdicts as the evaluators give them. */
async function verdicts(): Promise<readonly StepData[]> {
  const resolver = new MemoryResolver({ ...zone, ...keyZone })
  const steps: StepData[] = []
  for (const name of [
    'pass',
    'fail',
    'default',
    'softfail',
    'neutral',
    'none',
    'two',
    'wrong',
    'many',
    'down',
  ]) {
    const facts = { ip, helo: host, mailFrom: `a@${name}.example`, receiver: host, now: 0 }
    steps.push({ type: 'spf', ip, verdict: await checkSpf(facts, resolver) })
  }
  const nobody = { ip, helo: 'pass.example', mailFrom: '', receiver: host, now: 0 }
  steps.push({ type: 'spf', ip, verdict: await checkSpf(nobody, resolver) })
  for (const text of signedLetters()) {
    const found = await verifyDkim(Buffer.from(text), { resolver, now })
    steps.push({ type: 'dkim', verdicts: found })
  }
  for (const [domain, vouching] of [
    ['reject.example', 'reject.example'],
    ['reject.example', null],
    ['testing.example', null],
    ['none.example', null],
    ['none.example', 'none.example'],
    ['quiet.example', null],
    ['down.example', null],
  ] as const) {
    const spf = vouching === null ? null : ({ result: 'pass', domain: vouching } as const)
    const from = { type: 'domain', domain } as const
    const verdict = await evaluateDmarc({ from, spf, dkim: [] }, resolver)
    steps.push({ type: 'dmarc', verdict })
    for (const trusted of [[], ['lists.example']]) {
      const decision = decideDmarc({
        dmarc: verdict,
        evidence: {
          localPolicy: { matched: null },
          trustedForwarder: { peer: ip, entry: trusted[0] ?? null },
          mailingList: { listId: null, listPost: null, trusted },
          arc: 'not-considered',
        },
      })
      steps.push({ type: 'decision', decision })
    }
  }
  const noAuthor = { from: { type: 'fields', values: [] }, spf: null, dkim: [] } as const
  steps.push({ type: 'dmarc', verdict: await evaluateDmarc(noAuthor, resolver) })
  const self = { selfNames: ['me.example'], selfAddresses: ['192.0.2.1'], loopbackIsSelf: true }
  for (const destination of [
    'south.example',
    'a.example',
    'null.example',
    'nowhere.example',
    'gone.example',
    'down.example',
    '[203.0.113.20]',
  ]) {
    const route = await routeTo(destination, resolver, { ...self, random: seededRandom(1) })
    steps.push({ type: 'route', destination, seed: 1, self, route })
  }
  for (const hop of [
    { host: 'mx.south.example', port: 587, protocol: 'smtp' },
    { host: 'gone.example', port: 24, protocol: 'lmtp' },
    { host: 'down.example', port: 465, protocol: 'smtp' },
    { host: '/run/lmtp', port: 0, protocol: 'lmtp' },
  ] as const) {
    const route = await routeToNextHop(hop, resolver)
    steps.push({ type: 'route', destination: 'south.example', seed: 1, self, hop, route })
  }
  return steps
}

test('every step is told as the golden file has it', async () => {
  const told = [...plain, ...probes, ...onward, ...(await verdicts())].flatMap((data) => {
    const step = { ...data, startedAt: 0, durationMs: 0, dns: [] }
    return tell(step).map((sentence) => {
      const { id, label, verdict, result, question, answer, askedFor, did, fix, rules } = sentence
      const wishes = [askedFor, did].filter((one) => one !== undefined).join(' -> ')
      return [
        `${id} | ${label} | ${verdict} | ${result ?? ''} | ${wishes}`,
        `  ${question}`,
        `  ${answer}`,
        ...(fix === undefined ? [] : [`  ${fix}`]),
        `  ${rules.join(', ')}`,
      ].join('\n')
    })
  })
  const text = `${told.join('\n\n')}\n`
  if (process.env['WAYBILL_GOLDEN'] === 'write') writeFileSync(golden, text)
  assert.equal(text, readFileSync(golden, 'utf8'))
})

test('what stands in a step from elsewhere stays on one line and has an end', () => {
  const long = 'x\r\n\u0000\u2028'.repeat(1000)
  const hostile: readonly StepData[] = [
    { type: 'helo', verb: 'EHLO', name: long },
    { type: 'login', mechanism: 'PLAIN', account: long, accepted: false },
    { type: 'command-refused', command: long, answer: { ...refusal, text: long } },
    { type: 'sender', mailFrom: long, refused: { ...refusal, text: long } },
    { type: 'recipient', rcptTo: long, to: 'refused', answer: { ...refusal, text: long } },
    { type: 'tls-failed', problem: long },
    { type: 'refused', answer: { ...refusal, text: long } },
    { type: 'dropped', why: long },
    { type: 'filed', account: long, mailbox: 'Inbox', recipient: long },
    { type: 'dial', host: long, ip, port: 25, place: undefined, problem: long },
    { type: 'peer-tls', host: long, ...tls, certificate: { ...certificate, issuer: long } },
    { ...attempt, host: long, result: 'failed', answer: { ...refusal, text: long }, problem: long },
    { type: 'queued', recipient: long, destination: long },
    { type: 'notified', about: 'failure', to: long, journey: 'x' },
    { type: 'unsigned', domain: long },
    { type: 'peer-no-tls', host: long, problem: long },
    { type: 'peer-login', host: long, refused: [{ mechanism: long, said: long }] },
    {
      type: 'peer-tls-failed',
      host: long,
      demanded: 'dane',
      problem: long,
      certificate: undefined,
    },
  ]
  for (const data of hostile) {
    for (const { question, answer } of tell({ ...data, startedAt: 0, durationMs: 0, dns: [] })) {
      assert.doesNotMatch(question + answer, /[\p{Cc}\u2028]/u, data.type)
      assert.ok(question.length + answer.length < 1500, data.type)
    }
  }
})

test('a step belongs to the side of its journey; what is filed belongs to the receiver', () => {
  const base = { startedAt: 0, durationMs: 0, dns: [] }
  const filed = { type: 'filed', account: 'a', mailbox: 'Inbox', recipient: 'a', ...base } as const
  const helo = { type: 'helo', verb: 'EHLO', name: 'x', ...base } as const
  assert.equal(sideOf(helo, 'in'), 'receiving')
  assert.equal(sideOf(helo, 'out'), 'sending')
  assert.equal(sideOf(filed, 'out'), 'receiving')
})
