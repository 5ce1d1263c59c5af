import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DkimVerdict } from '../dkim/dkim.ts'
import { evaluateDmarc } from '../dmarc/dmarc.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { JourneyRecord, Outcome } from './record.ts'
import type { Step, StepData } from './steps.ts'
import { accountRefused } from './sentences/turned-away.ts'
import { summaryOf } from './summary.ts'

const filed = { code: 250, enhanced: '2.0.0', text: 'Filed. Ref x', atCommand: 'DATA' }
const noMailbox = { code: 550, enhanced: '5.1.1', text: 'No such mailbox.', atCommand: 'RCPT TO' }

function recipient(rcptTo: string, to: 'mailbox' | 'refused'): Step {
  const answer = to === 'refused' ? noMailbox : filed
  return { type: 'recipient', rcptTo, to, answer, startedAt: 0, durationMs: 0, dns: [] }
}

function summary(
  outcome: Outcome,
  rcptTo: readonly string[],
  steps: readonly Step[],
  client: { readonly ip: string; readonly login?: string } = { ip: '' },
): string {
  const record: JourneyRecord = {
    schema: 'waybill.record/1',
    id: 'x',
    direction: 'in',
    mode: 'lab',
    host: 'mx.south.example',
    startedAt: 0,
    envelope: { ...client, helo: '', mailFrom: '', rcptTo },
    outcome,
    steps,
    conversation: [],
    replay: undefined,
    subject: '',
    messageId: '',
  }
  return summaryOf(record)
}

const delivered: Outcome = { status: 'delivered', smtp: filed, because: [] }

test('a summary names the recipient, and how many more there are', () => {
  assert.equal(summary(delivered, ['a@b'], []), 'Filed in Inbox for a@b.')
  assert.equal(summary(delivered, ['a@b', 'c@d', 'e@f'], []), 'Filed in Inbox for a@b and 2 more.')
})

test('a recipient that was refused is not among those it was filed for', () => {
  const steps = [recipient('no@b', 'refused'), recipient('a@b', 'mailbox')]
  assert.equal(summary(delivered, ['no@b', 'a@b'], steps), 'Filed in Inbox for a@b.')
})

const base = { startedAt: 0, durationMs: 0, dns: [] } as const

function turnedAway(
  because: string,
  [code, enhanced, text]: readonly [number, string, string],
  steps: readonly StepData[] = [],
  login: { readonly login?: string } = {},
): string {
  const smtp = { code, enhanced, text: `${text} Ref 1m8f0ylz93ps7wqc`, atCommand: 'DATA' }
  const outcome: Outcome = { status: code < 500 ? 'deferred' : 'refused', smtp, because: [because] }
  return summary(
    outcome,
    [],
    steps.map((step) => ({ ...base, ...step })),
    { ip: '198.51.100.66', ...login },
  )
}

/** A letter in north.example's name that nothing of it vouches for, and its broken signature, if any. */
async function judged(signer?: string): Promise<readonly StepData[]> {
  const dns = new MemoryResolver({ '_dmarc.north.example': { TXT: ['v=DMARC1; p=reject'] } })
  const from = { type: 'domain', domain: 'north.example' } as const
  const verdict = await evaluateDmarc({ from, spf: null, dkim: [] }, dns)
  const broken = (domain: string): DkimVerdict => ({
    index: 0,
    result: 'fail',
    domain,
    reason: { code: 'body-hash-mismatch', text: 'the body was changed' },
    testing: false,
    remarks: [],
  })
  const verdicts = signer === undefined ? [] : [broken(signer)]
  return [
    { type: 'dkim', verdicts },
    { type: 'dmarc', verdict },
  ]
}

test('each cause of a refusal has a sentence that takes no knowledge of SMTP', async () => {
  const dmarc = [550, '5.7.1', 'north.example does not allow this message.'] as const
  const silent = [451, '4.7.0', 'DNS did not answer.'] as const
  const other = [452, '4.2.2', 'The mailbox is full.'] as const
  const no = recipient('no@b', 'refused')
  const fault: StepData = {
    type: 'fault',
    stage: 'data',
    probability: 100,
    delayMs: 0,
    answer: { code: 550, enhanced: '5.7.1', text: 'Because we try.', atCommand: 'DATA' },
    dropped: false,
  }
  const message = (problem: string): StepData => {
    return { type: 'message', octets: 12, sha256: '', problem }
  }
  const cases: readonly (readonly [string, string])[] = [
    [
      turnedAway('dmarc', dmarc, await judged()),
      "A stranger at 198.51.100.66 wrote in north.example's name; refused, as its owner asks.",
    ],
    [
      turnedAway('dmarc', dmarc, await judged('elsewhere.example')),
      "A stranger at 198.51.100.66 wrote in north.example's name; refused, as its owner asks.",
    ],
    [
      turnedAway('dmarc', dmarc, await judged('mail.north.example')),
      "A letter in north.example's name came from 198.51.100.66 with a signature that does not hold; refused, as its owner asks.",
    ],
    [
      turnedAway('dmarc', silent, await judged()),
      'Asked to come back later: DNS did not answer, so nobody can say whether north.example stands behind it.',
    ],
    [
      turnedAway('dmarc', dmarc),
      'Refused. The client was told: north.example does not allow this message.',
    ],
    [
      turnedAway('recipient', [550, '5.1.1', 'No such mailbox.'], [no]),
      'Refused: nobody here has the address no@b.',
    ],
    [
      turnedAway('recipient', [550, '5.7.1', 'No.'], [no, recipient('on@b', 'refused')]),
      'Refused: no@b (and 1 more) is not at this server, and strangers may not send through it.',
    ],
    [
      turnedAway('recipient', [550, '5.7.1', 'Not from here.'], [no], { login: 'ann@b' }),
      'Refused. The client was told: Not from here.',
    ],
    [
      turnedAway('recipient', [451, '4.7.1', 'Not yet.'], [no]),
      'Asked to come back later: it is the first letter from this sender to no@b (greylisting).',
    ],
    [
      turnedAway('recipient', other, [no]),
      'Asked to come back later. The client was told: The mailbox is full.',
    ],
    [
      turnedAway('recipient', other),
      'Asked to come back later. The client was told: The mailbox is full.',
    ],
    [
      turnedAway('message', [552, '5.3.4', 'Too big.'], [message('too-big')]),
      'Refused: it is larger than this server takes (12 octets).',
    ],
    [
      turnedAway('message', [550, '5.6.0', 'CR or LF alone.'], [message('bare-newline')]),
      'Refused: a line of it does not end as lines of mail must, which can hide commands.',
    ],
    [
      turnedAway('message', [554, '5.6.0', 'Too many fields'], [message('header-too-many-fields')]),
      'Refused. The client was told: Too many fields.',
    ],
    [
      turnedAway('loop', [554, '5.4.6', 'No.']),
      'Refused: it ran in a circle between mail servers.',
    ],
    [
      turnedAway('author', [550, '5.7.1', 'a@b may not write c@d into From.']),
      'Refused. The client was told: a@b may not write c@d into From.',
    ],
    [
      turnedAway('fault', [451, '4.3.0', 'A fault here.']),
      'Asked to come back later. The client was told: A fault here.',
    ],
    [
      turnedAway('fault', [550, '5.7.1', 'Because we try.'], [fault]),
      'Refused by a fault that was set on purpose: 550 5.7.1 Because we try.',
    ],
  ]
  for (const [told, wanted] of cases) assert.equal(told, wanted)
})

test('a caught letter is told as caught, with what would have become of it', () => {
  const caught = (would: 'deliver' | 'refuse', unknown?: boolean): Step => {
    return { ...base, type: 'caught', would, answer: filed, ...(unknown ? { unknown } : {}) }
  }
  const to = ['anna@customer.example']
  assert.equal(
    summary(delivered, to, [caught('refuse')]),
    'Caught here for anna@customer.example; it would have been refused.',
  )
  assert.equal(
    summary(delivered, to, [caught('deliver', true)]),
    'Caught here for anna@customer.example.',
  )
})

test('a connection without a message says why', () => {
  const dropped: Outcome = { status: 'dropped', because: ['timeout'] }
  assert.equal(
    summary(dropped, [], []),
    'The connection ended without a message (the client was silent for too long).',
  )
})

test('a refused login is told with whose it was meant to be, and where it came from', () => {
  const answer = { code: 535, enhanced: '5.7.8', text: 'No.', atCommand: 'AUTH' }
  const login = (account: string, accepted = false): Step => {
    const [startedAt, durationMs] = [0, 0]
    return { type: 'login', mechanism: 'PLAIN', account, accepted, startedAt, durationMs, dns: [] }
  }
  const refused: Outcome = { status: 'refused', smtp: answer, because: ['login'] }
  const client = { ip: '192.0.2.9' }
  assert.equal(
    summary(refused, [], [login('x@b'), login('a@b')], client),
    'The login as a@b from 192.0.2.9 was refused: No.',
  )
  assert.equal(
    summary({ ...refused, status: 'deferred' }, [], [login('')], client),
    'A login from 192.0.2.9 was refused: No.',
  )
  // AUTH was refused before anybody gave a name, or the journey has no address.
  assert.equal(summary(refused, [], []), 'A login was refused: No.')
  assert.equal(accountRefused([login('a@b'), login('a@b', true)]), undefined)
  assert.equal(accountRefused([login('a@b', true), login('c@d')]), 'c@d')
  assert.equal(accountRefused([login('')]), undefined)
  const other: Outcome = { status: 'deferred', smtp: answer, because: ['command'] }
  assert.equal(
    summary(other, [], [login('a@b')], client),
    'Asked to come back later. The client was told: No.',
  )
})
