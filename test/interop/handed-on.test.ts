/**
 * A letter that Exim's user sends to an alias of Waybill's, which hands it on to Postfix: what arrives
 * there, and how reports of both kinds find the way back to the author.
 */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { formatDkimRecord, generateDkimKey } from '../../src/dkim/dkim.ts'
import { type Exim, eximProgram, eximUser, openExim } from './exim.ts'
import { fieldOf, letterText } from './letters.ts'
import { openDkimMilter } from './opendkim.ts'
import { peersAreHere } from './peers.ts'
import { openPostfix, type Postfix, postfixPrograms } from './postfix.ts'
import { makeTestAuthority, openWaybill, stepsOf, type Waybill } from './waybill.ts'

const needs = {
  programs: [...postfixPrograms, eximProgram, 'opendkim'],
  users: [eximUser],
  root: true,
}
const author = 'sue@east.example'
const eastMx = '203.0.113.35'
const southMx = '203.0.113.25'

interface Scene {
  readonly waybill: Waybill
  readonly exim: Exim
  readonly postfix: Postfix
}

async function openScene(t: TestContext): Promise<Scene> {
  const authority = await makeTestAuthority()
  const network: Record<string, { ip: string; port: number }> = {}
  const waybill = await openWaybill(t, {
    authority,
    network,
    settings: [
      ['stays', 'stays@south.example'],
      ['gone', 'gone@south.example'],
      ['late', 'gone@late.example'],
    ]
      .map(([name, to]) => `[[alias]]\naddress = "${name}@north.example"\nto = ["${to}"]\n`)
      .join(''),
  })
  const pair = generateDkimKey('rsa')
  const record = formatDkimRecord(pair)
  const hostname = 'mx.east.example'
  const { privateKey } = pair
  const exim = await openExim(t, {
    hostname,
    tls: await authority.issue(hostname),
    trusts: authority.certificate,
    keeps: ['east.example'],
    smarthost: { ip: '127.0.0.1', port: waybill.ports.smtp },
    dkim: { domain: 'east.example', selector: 'ex', privateKey, canonicalization: 'relaxed' },
  })
  const south = 'mx.south.example'
  const records = { 'ex._domainkey.east.example': record }
  const milter = await openDkimMilter(t, { hostname: south, task: { mode: 'verify', records } })
  const postfix = await openPostfix(t, {
    hostname: south,
    tls: await authority.issue(south),
    settings: [
      'relay_domains = south.example, late.example',
      `relayhost = [127.0.0.1]:${waybill.ports.smtp}`,
      `smtpd_milters = ${milter.place}`,
      // One stays here, one is refused at once, and one is taken and refused by the server behind it.
      `transport_maps = inline:{ late.example=smtp:[${exim.ip}]:${exim.port} }`,
      'smtpd_recipient_restrictions = check_recipient_access inline:{' +
        ' { stays@south.example = HOLD }' +
        ' { gone@south.example = 550 5.1.1 Nobody of that name } },' +
        ' permit_mynetworks, reject',
    ],
  })
  network[eastMx] = { ip: exim.ip, port: exim.port }
  network[southMx] = { ip: postfix.ip, port: postfix.port }
  await waybill.publish({
    'east.example': { MX: ['10 mx.east.example'], TXT: [`v=spf1 ip4:${exim.ip} -all`] },
    'mx.east.example': { A: [eastMx] },
    'ex._domainkey.east.example': { TXT: [record] },
    '_dmarc.east.example': { TXT: ['v=DMARC1; p=reject'] },
    'south.example': { MX: ['10 mx.south.example'] },
    'mx.south.example': { A: [southMx] },
    'late.example': { MX: ['10 mx.south.example'] },
  })
  return { waybill, exim, postfix }
}

async function send({ exim }: Scene, to: string): Promise<void> {
  const letter = letterText({ from: author, to, subject: 'handed on', body: ['.', 'two  spaces '] })
  const done = await exim.send(author, [to], letter)
  assert.equal(done.code, 0, done.stderr)
}

test('what is handed on arrives unchanged, sealed, and with a reverse-path of the forwarder', async (t) => {
  if (!peersAreHere(t, needs)) return
  const scene = await openScene(t)
  await send(scene, 'stays@north.example')
  const [held] = await scene.postfix.held(1)
  assert.match(held?.envelope ?? '', /^sender: SRS0=\S{4}=\S\S=east\.example=sue@north\.example$/m)
  assert.match(held?.envelope ?? '', /^recipient: stays@south\.example$/m)
  const text = held?.text ?? ''
  assert.match(fieldOf(text, 'Authentication-Results') ?? '', /dkim=pass .*header\.d=east\.example/)
  assert.match(fieldOf(text, 'ARC-Seal') ?? '', /cv=none;.* d=north\.example; i=1;/)
  const results = fieldOf(text, 'ARC-Authentication-Results') ?? ''
  for (const found of ['spf=pass', 'dkim=pass', 'dmarc=pass']) assert.ok(results.includes(found))
})

test('a refusal of the next server goes to the author in a report of the forwarder', async (t) => {
  if (!peersAreHere(t, needs)) return
  const scene = await openScene(t)
  await send(scene, 'gone@north.example')
  await scene.exim.logged(/=> sue <sue@east\.example>/)
  const kept = await scene.exim.kept()
  assert.match(kept, /^Return-path: <>$/m)
  assert.match(kept, /^Final-Recipient: rfc822; gone@north\.example$/m)
  assert.match(kept, /^SMTP-Remote-Recipient: gone@south\.example$/m)
  assert.match(kept, /^Diagnostic-Code: smtp; ?550 5\.1\.1 /m)
})

test('a report that Postfix makes later comes back by the rewritten path', async (t) => {
  if (!peersAreHere(t, needs)) return
  const scene = await openScene(t)
  await send(scene, 'late@north.example')
  await scene.exim.logged(/=> sue <sue@east\.example>/)
  const kept = await scene.exim.kept()
  assert.match(kept, /^Return-path: <>$/m)
  assert.match(kept, /^Reporting-MTA: dns; ?mx\.south\.example$/m)
  assert.match(kept, /^Final-Recipient: rfc822; ?gone@late\.example$/m)
  const back = await scene.waybill.journeyWhere('the report handed on', ({ envelope }) => {
    return envelope.mailFrom === '' && envelope.rcptTo[0]?.startsWith('SRS0=') === true
  })
  const [attempt] = stepsOf(back, 'attempt')
  assert.deepEqual([attempt?.recipient, attempt?.result], [author, 'delivered'])
})
