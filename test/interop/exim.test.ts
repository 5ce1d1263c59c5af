/** Exim as the other server, sending and receiving. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { formatDkimRecord, generateDkimKey } from '../../src/dkim/dkim.ts'
import { type Exim, type EximOptions, eximProgram, eximUser, openExim } from './exim.ts'
import { fieldOf, letterText } from './letters.ts'
import { peersAreHere } from './peers.ts'
import { submit } from './swaks.ts'
import { anna, makeTestAuthority, openWaybill, stepsOf, type Waybill } from './waybill.ts'

const needs = { programs: [eximProgram, 'swaks'], users: [eximUser], root: true }
const sender = 'sue@east.example'
const mx = '203.0.113.35'

interface Scene {
  readonly waybill: Waybill
  readonly exim: Exim
}

async function openScene(t: TestContext, dkim?: EximOptions['dkim']): Promise<Scene> {
  const authority = await makeTestAuthority()
  const network: Record<string, { ip: string; port: number }> = {}
  const waybill = await openWaybill(t, {
    authority,
    network,
    zone: { 'east.example': { MX: ['10 mx.east.example'] }, 'mx.east.example': { A: [mx] } },
  })
  const hostname = 'mx.east.example'
  const exim = await openExim(t, {
    hostname,
    tls: await authority.issue(hostname),
    trusts: authority.certificate,
    keeps: ['east.example'],
    smarthost: { ip: '127.0.0.1', port: waybill.ports.smtp },
    ...(dkim === undefined ? {} : { dkim }),
  })
  network[mx] = { ip: exim.ip, port: exim.port }
  return { waybill, exim }
}

for (const type of ['rsa', 'ed25519'] as const) {
  for (const canonicalization of ['simple', 'relaxed'] as const) {
    test(`what Exim signs and hands over passes (${type}, ${canonicalization})`, async (t) => {
      if (!peersAreHere(t, needs)) return
      const pair = generateDkimKey(type)
      const { privateKey } = pair
      const key = { domain: 'east.example', selector: 'ex', privateKey, canonicalization }
      const { waybill, exim } = await openScene(t, key)
      await waybill.publish({
        'east.example': { TXT: [`v=spf1 ip4:${exim.ip} -all`] },
        'ex._domainkey.east.example': { TXT: [formatDkimRecord(pair)] },
        '_dmarc.east.example': { TXT: ['v=DMARC1; p=reject'] },
      })
      const body = ['.', '..', 'two  spaces ', '', '']
      const letter = letterText({ from: sender, to: anna, subject: 'from Exim', body })
      const done = await exim.send(sender, [anna, 'nobody@north.example'], letter)
      assert.equal(done.code, 0, done.stderr)
      await exim.logged(
        /=> anna@north\.example .*X=TLS1\.3\S* CV=yes .*C="250 2\.0\.0 Filed\. Ref /,
      )
      await exim.logged(/\*\* nobody@north\.example .*: 550 5\.1\.1 /)
      const [filed] = await waybill.lettersOf(anna, 1)
      assert.ok(filed !== undefined)
      const { journey, mailbox, text } = filed
      assert.equal(mailbox, 'Inbox')
      const [verdict] = stepsOf(journey, 'dkim')[0]?.verdicts ?? []
      assert.equal(verdict?.result, 'pass', JSON.stringify(verdict))
      assert.equal(verdict.algorithm, `${type}-sha256`)
      assert.equal(stepsOf(journey, 'spf')[0]?.verdict.result, 'pass')
      assert.equal(stepsOf(journey, 'dmarc')[0]?.verdict.result, 'pass')
      assert.match(fieldOf(text, 'Received') ?? '', /^from mx\.east\.example .* with ESMTPS/)
    })
  }
}

test('Exim takes what Waybill delivers, and is believed in what it refuses', async (t) => {
  if (!peersAreHere(t, needs)) return
  const { waybill, exim } = await openScene(t)
  const to = ['joe@east.example', 'gone@east.example', 'full@east.example']
  const body = ['.', '..dots', 'From here on', 'end']
  const letter = letterText({ from: anna, to: to.join(', '), subject: 'to Exim', body })
  const id = await submit(waybill.ports.submissions, { from: anna, to }, letter)
  const record = await waybill.journeyWhere('three attempts', (one) => {
    return one.id === id && stepsOf(one, 'attempt').length === 3
  })
  const results = stepsOf(record, 'attempt').map(({ recipient, result, answer }) => {
    return `${recipient} ${result} ${answer?.code} ${answer?.enhanced}`
  })
  assert.deepEqual(results.sort(), [
    'full@east.example deferred 451 4.2.2',
    'gone@east.example failed 550 5.1.1',
    'joe@east.example delivered 250 ',
  ])
  assert.match(stepsOf(record, 'peer-tls')[0]?.protocol ?? '', /^TLSv1\.3$/)
  assert.match(JSON.stringify(record.steps), /"BDAT \d+ LAST"/)
  await exim.logged(/=> joe <joe@east\.example>/)
  const kept = await exim.kept()
  assert.equal(kept.match(/^DKIM-Signature:/gm)?.length, 2)
  assert.match(kept, /^Envelope-to: joe@east\.example$/m)
  assert.ok(kept.includes('\n\n.\n..dots\n>From here on\nend\n'), kept)
  const [report] = await waybill.lettersOf(anna, 1)
  assert.match(report?.text ?? '', /^Status: 5\.1\.1\r$/m)
})
