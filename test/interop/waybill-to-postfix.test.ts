/** Postfix as the other server: Waybill finds it by MX and A, and delivers with TLS. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { fieldOf, letterText } from './letters.ts'
import { freePort, ownAddress } from './loopback.ts'
import { peersAreHere } from './peers.ts'
import { openDkimMilter } from './opendkim.ts'
import { openPostfix, type Postfix, postfixPrograms } from './postfix.ts'
import { submit } from './swaks.ts'
import { anna, makeTestAuthority, openWaybill, stepsOf, type Waybill } from './waybill.ts'

const needs = { programs: [...postfixPrograms, 'opendkim', 'swaks'], root: true }
const mx = '203.0.113.25'
const deadMx = '203.0.113.26'
const notMapped = '203.0.113.27'

interface Scene {
  readonly waybill: Waybill
  readonly postfix: Postfix
}

/**
 * Postfix of south.example with OpenDKIM beside it, which keeps what it takes on hold. The exchange
 * with the better preference is down.
 */
async function openScene(t: TestContext): Promise<Scene> {
  const authority = await makeTestAuthority()
  const network: Record<string, { ip: string; port: number }> = {}
  const waybill = await openWaybill(t, {
    authority,
    network,
    zone: {
      'south.example': { MX: ['10 down.south.example', '20 mx.south.example'] },
      'down.south.example': { A: [deadMx, notMapped] },
      'mx.south.example': { A: [mx] },
      // Without MX records the host itself is the exchange (RFC 5321 §5.1).
      'host.example': { A: [mx] },
    },
  })
  const hostname = 'mx.south.example'
  const task = { mode: 'verify', records: await waybill.keyRecords() } as const
  const postfix = await openPostfix(t, {
    hostname,
    tls: await authority.issue(hostname),
    settings: [
      'relay_domains = south.example, host.example',
      `smtpd_milters = ${(await openDkimMilter(t, { hostname, task })).place}`,
      'smtpd_recipient_restrictions = check_recipient_access inline:{' +
        ' { full@south.example = 452 4.2.2 The mailbox is full }' +
        ' { gone@south.example = 550 5.1.1 Nobody of that name } },' +
        ' check_client_access static:HOLD, permit_mynetworks, reject',
    ],
  })
  const dead = ownAddress()
  network[mx] = { ip: postfix.ip, port: postfix.port }
  network[deadMx] = { ip: dead, port: await freePort(dead) }
  return { waybill, postfix }
}

test('a letter goes to Postfix by MX, signed and over TLS, past an exchange that is down', async (t) => {
  if (!peersAreHere(t, needs)) return
  const { waybill, postfix } = await openScene(t)
  const body = ['.', '..dots', 'From the start', 'x'.repeat(900), '']
  const letter = letterText({ from: anna, to: 'joe@south.example', subject: 'by MX', body })
  const id = await submit(
    waybill.ports.submissions,
    { from: anna, to: ['joe@south.example'] },
    letter,
  )
  const record = await waybill.journeyWhere('delivered', (one) => {
    return one.id === id && stepsOf(one, 'attempt').length > 0
  })
  const [attempt] = stepsOf(record, 'attempt')
  assert.equal(attempt?.result, 'delivered')
  assert.equal(attempt.host, 'mx.south.example')
  assert.match(attempt.answer?.text ?? '', /queued as/)
  assert.ok(JSON.stringify(attempt).match(/"BDAT \d+ LAST"/), 'by BDAT, which Postfix offers')
  const dials = stepsOf(record, 'dial').map(({ ip, problem }) => [ip, problem !== undefined])
  assert.deepEqual(dials.at(-1), [mx, false])
  assert.deepEqual(
    new Map(dials.slice(0, -1).map(([ip, failed]) => [ip, failed])),
    new Map([
      [deadMx, true],
      [notMapped, true],
    ]),
  )
  const [tls] = stepsOf(record, 'peer-tls')
  assert.equal(tls?.protocol, 'TLSv1.3')
  assert.match(tls.certificate?.subject ?? '', /CN=mx\.south\.example/)

  const [held] = await postfix.held(1)
  assert.ok(held !== undefined)
  assert.match(held.envelope, /^sender: anna@north\.example$/m)
  assert.match(held.envelope, /^recipient: joe@south\.example$/m)
  assert.equal(held.text.match(/^DKIM-Signature:/gm)?.length, 2)
  const results = fieldOf(held.text, 'Authentication-Results') ?? ''
  assert.match(results, /^mx\.south\.example;/)
  assert.match(results, /dkim=pass \(2048-bit key\) header\.d=north\.example/)
  assert.match(results, /dkim=pass .*header\.a=ed25519-sha256/)
  assert.match(
    fieldOf(held.text, 'Received') ?? '',
    /^from mail\.north\.example .*\(using TLSv1\.3 .*by mx\.south\.example \(Postfix\) with ESMTPS/,
  )
  assert.ok(held.text.includes(`\n\n${body.join('\n')}`), 'the body is as it was')
  assert.equal(await waybill.queued(), 0)
})

test('one message for three: taken, refused and put off, each as Postfix said', async (t) => {
  if (!peersAreHere(t, needs)) return
  const { waybill, postfix } = await openScene(t)
  const to = ['joe@south.example', 'gone@south.example', 'full@south.example', 'ann@host.example']
  const letter = letterText({ from: anna, to: to.join(', '), subject: 'three' })
  const id = await submit(waybill.ports.submissions, { from: anna, to }, letter)
  const record = await waybill.journeyWhere('four attempts', (one) => {
    return one.id === id && stepsOf(one, 'attempt').length === 4
  })
  const results = new Map(
    stepsOf(record, 'attempt').map(({ recipient, result, answer }) => {
      return [recipient, [result, answer?.code, answer?.enhanced]]
    }),
  )
  assert.deepEqual(results.get('joe@south.example')?.slice(0, 2), ['delivered', 250])
  assert.deepEqual(results.get('ann@host.example')?.slice(0, 2), ['delivered', 250])
  assert.deepEqual(results.get('gone@south.example'), ['failed', 550, '5.1.1'])
  assert.deepEqual(results.get('full@south.example'), ['deferred', 452, '4.2.2'])
  assert.equal(await waybill.queued(), 1)
  const held = await postfix.held(2)
  const recipients = held.map(({ envelope }) => /^recipient: (.*)$/m.exec(envelope)?.[1])
  assert.deepEqual(new Set(recipients), new Set(['ann@host.example', 'joe@south.example']))

  const [report] = await waybill.lettersOf(anna, 1)
  assert.ok(report !== undefined)
  assert.equal(fieldOf(report.text, 'Return-Path'), '<>')
  assert.match(
    fieldOf(report.text, 'Content-Type') ?? '',
    /^multipart\/report; .*report-type="?delivery-status"?/,
  )
  const said = report.text.replace(/\r\n[ \t]+/g, ' ')
  assert.match(said, /^Final-Recipient: rfc822; ?gone@south\.example\r$/m)
  assert.match(said, /^Action: failed\r$/m)
  assert.match(said, /^Status: 5\.1\.1\r$/m)
  assert.match(said, /^Remote-MTA: dns; ?mx\.south\.example\r$/m)
  assert.match(
    said,
    /^Diagnostic-Code: smtp; ?550 5\.1\.1 <gone@south\.example>: .*Nobody of that name\r$/m,
  )
  assert.ok(!said.includes('full@south.example\r'), 'nothing is said of who may still get it')
})
