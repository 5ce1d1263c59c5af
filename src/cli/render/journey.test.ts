import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JourneyView, StepView } from '../../journey/view.ts'
import { renderJourney } from './journey.ts'

const step: StepView = {
  id: 'x',
  label: 'x',
  side: 'receiving',
  known: 'first_hand',
  question: 'What?',
  answer: 'That.',
  verdict: 'ok',
  result: null,
  asked_for: null,
  did: null,
  started_at: '2026-11-26T12:00:00.000Z',
  duration_ms: 0,
  evidence: [],
  rules: [],
  explain: '',
  fix: null,
}

function render(
  changes: Readonly<Record<string, unknown>>,
  whole: Partial<JourneyView> = {},
): string {
  const view: JourneyView = {
    schema: 'waybill.journey/1',
    id: 'x',
    direction: 'in',
    mode: 'lab',
    host: 'mx',
    started_at: '2026-11-26T12:00:00.000Z',
    summary: 'Done.',
    subject: '',
    message_id: '',
    author: null,
    outcome: { status: 'delivered', smtp: null, because: [] },
    envelope: { ip: '', helo: '', mail_from: '', rcpt_to: [], login: null },
    recipients: [],
    steps: [{ ...step, ...changes }],
    conversation: [],
    replay: { complete: true, dns_answers: 0, clock: null, config_hash: null },
    ...whole,
  }
  return renderJourney(view, { evidence: true })
}

test('on a narrow terminal no line is cut in the middle of a word', (t) => {
  const { stdout } = process
  const was = [stdout.isTTY, stdout.columns] as const
  t.after(() => Object.assign(stdout, { isTTY: was[0], columns: was[1] }))
  Object.assign(stdout, { isTTY: true, columns: 60 })
  const dns = { kind: 'dns', ms: 1, rcode: 'NOERROR', ttl: 60, dnssec: null, server: null } as const
  const evidence = [{ ...dns, name: 'a.example', type: 'TXT', data: ['word '.repeat(30).trim()] }]
  // Colours are our own escapes here, which `print` alone turns into the terminal's.
  const text = render(
    { evidence },
    {
      id: '1m8ees8c3tcpqy6z',
      host: 'mx.south.example',
      subject: 'word '.repeat(20).trim(),
      envelope: {
        ip: '203.0.113.20',
        helo: '',
        mail_from: 'sender@north.example',
        rcpt_to: ['one@south.example', 'two@south.example'],
        login: null,
      },
    },
  )
  for (const line of text
    .replaceAll('\u001b', '')
    .replace(/[0-9a-f-]{36}\[\d+m/g, '')
    .split('\n')) {
    assert.ok(line.length <= 60, JSON.stringify(line))
  }
})

test('with the evidence stands what was asked, compared, weighed and said', () => {
  const dns = { kind: 'dns', ms: 1, rcode: 'NOERROR', ttl: 60, dnssec: null, server: null } as const
  const mx = { ...dns, name: 'a.example', type: 'MX', data: [{ preference: 10, exchange: 'mx.a' }] }
  assert.match(render({ evidence: [mx] }), /DNS a\.example MX: 10 mx\.a {2}\(1 ms, TTL 60\)/)
  assert.match(render({ evidence: [{ ...mx, data: [] }] }), /MX: NOERROR/)
  assert.match(render({ evidence: [{ ...mx, dnssec: 'secure' }] }), /\(1 ms, TTL 60, AD\)/)
  assert.match(render({ evidence: [{ ...mx, dnssec: 'insecure' }] }), /\(1 ms, TTL 60\)/)
  assert.match(render({ terms: [{ text: '-all', outcome: 'match' }] }), /-all: match/)
  const weighed = [{ evidence: 'arc', outcome: 'no-bearing', because: 'there is none' }]
  assert.match(render({ considered: weighed }), /weighed arc: no-bearing, there is none/)
  const body = { expected: 'aa=', found: 'bb=' }
  const signed = {
    domain: 'd.example',
    selector: 's',
    algorithm: 'rsa-sha256',
    result: 'fail',
    body,
  }
  assert.match(
    render({ signatures: [signed] }),
    /d=d\.example s=s a=rsa-sha256: fail, body hash signed aa=, found bb=/,
  )
  const talk = [
    { from: 'client', text: 'QUIT' },
    { from: 'server', text: '221 Bye' },
  ]
  assert.match(render({ conversation: talk }), /-> QUIT\n +<- 221 Bye/)
  assert.match(render({ conversation_with: 'a@b' }), /said together with the step for a@b/)
})

test('nothing that others wrote moves the terminal or begins a line of its own, wherever it stands', () => {
  const bad = 'x\n  1  DMARC  pass\x1b]0;t\x07\x9b2J\u202e'
  const shown = String.raw`x\n  1  DMARC  pass\x1b]0;t\x07\x9b2J\u202e`
  const dns = { kind: 'dns', ms: 1, rcode: 'NOERROR', ttl: 60, dnssec: null, server: null } as const
  const mx = { preference: 10, exchange: bad }
  const step = {
    answer: bad,
    fix: bad,
    evidence: [{ ...dns, name: bad, type: 'MX', data: [mx] }],
    conversation: [{ from: 'server', text: bad }],
    terms: [{ text: bad, outcome: 'match' }],
  }
  const text = render(step, {
    subject: bad,
    summary: bad,
    envelope: { ip: '192.0.2.1', helo: bad, mail_from: bad, rcpt_to: [bad], login: null },
    conversation: [{ at: '', from: 'client', text: bad }],
  })
  assert.doesNotMatch(text, /[^\n\x20-\x7e]/)
  assert.doesNotMatch(text, /^ *1 {2}DMARC/m)
  // Sender, recipient, subject, answer, name and exchange, dialogue, term, advice, summary, line.
  assert.equal(text.split(shown).length - 1, 11)
})

test('a connection without a letter is told as such, and a report from nobody is one', () => {
  const envelope = { ip: '192.0.2.9', helo: '', mail_from: '', rcpt_to: [], login: null }
  assert.match(render({}, { envelope }), /^ {2}No letter {2}from 192\.0\.2\.9$/m)
  const report = { ...envelope, rcpt_to: ['a@b.example'] }
  assert.match(render({}, { envelope: report }), /^ {2}From <> {2}to a@b\.example {2}from 192/m)
  const unheard = { ...envelope, mail_from: 'a@b.example' }
  assert.match(
    render({}, { envelope: unheard }),
    /^ {2}From a@b\.example {2}to nobody {2}from 192/m,
  )
})
