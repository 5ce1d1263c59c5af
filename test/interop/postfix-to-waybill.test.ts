/** Postfix as the other server: it hands mail over to Waybill's port 25. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { formatDkimRecord, generateDkimKey } from '../../src/dkim/dkim.ts'
import { type Letter, fieldOf, letterText, Signer } from './letters.ts'
import { peersAreHere } from './peers.ts'
import { openDkimMilter } from './opendkim.ts'
import { openPostfix, type Postfix, postfixPrograms, smtpSource } from './postfix.ts'
import { shortFolder } from './processes.ts'
import {
  anna,
  ben,
  domain,
  host,
  makeTestAuthority,
  openWaybill,
  stepsOf,
  type Waybill,
} from './waybill.ts'

const sender = 'sue@south.example'

interface Mail {
  readonly letter: Letter
  /** The envelope. */
  readonly from: string
  readonly to: string
  readonly signed?: boolean
}

interface Scene {
  readonly waybill: Waybill
  readonly postfix: Postfix
  /** Gives a letter to Postfix, which takes everything, and passes it on. */
  readonly mail: (mail: Mail) => Promise<void>
}

/** Postfix of south.example, which may send for it, and knows the way to Waybill. */
async function openScene(t: TestContext, settings: readonly string[] = []): Promise<Scene> {
  const authority = await makeTestAuthority()
  const waybill = await openWaybill(t, { authority })
  const way = `smtp:[127.0.0.1]:${waybill.ports.smtp}`
  const postfix = await openPostfix(t, {
    hostname: 'mx.south.example',
    trusts: authority.certificate,
    settings: [
      `relay_domains = ${domain}`,
      `transport_maps = inline:{ { ${domain} = ${way} } { other.example = ${way} } }`,
      'default_transport = discard',
      'smtpd_recipient_restrictions = permit_mynetworks, reject',
      'smtp_tls_security_level = secure',
      `smtp_tls_secure_cert_match = ${host}`,
      ...settings,
    ],
  })
  const signer = new Signer('south.example')
  await waybill.publish({
    'south.example': { TXT: [`v=spf1 ip4:${postfix.ip} -all`] },
    [signer.recordName]: { TXT: [signer.record] },
    '_dmarc.south.example': { TXT: ['v=DMARC1; p=reject'] },
    'mild.example': { TXT: ['v=spf1 -all'] },
    '_dmarc.mild.example': { TXT: ['v=DMARC1; p=quarantine'] },
    'load.example': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
  })
  const folder = await shortFolder(t)
  let count = 0
  const mail = async ({ letter, from, to, signed = false }: Mail): Promise<void> => {
    const text = letterText(letter)
    const file = join(folder, `${count++}.eml`)
    await writeFile(file, (signed ? signer.sign(text) : text).replaceAll('\r\n', '\n'), 'latin1')
    await smtpSource(`${postfix.ip}:${postfix.port}`, ['-f', from, '-t', to, '-F', file])
  }
  return { waybill, postfix, mail }
}

test('what Postfix hands over is judged, told and filed', async (t) => {
  if (!peersAreHere(t, { programs: postfixPrograms, root: true })) return
  const { waybill, postfix, mail } = await openScene(t)

  await t.test('an honest letter passes SPF, DKIM and DMARC, over verified TLS', async () => {
    // Dots are doubled on the way and 8-bit octets stay: the signature shows that they came through.
    const body = ['.', '..', '.hidden', 'From here, gr\xfc\xdfe', ' \t', '', 'end']
    const letter = { from: sender, to: anna, subject: 'honest', body }
    await mail({ letter, from: sender, to: anna, signed: true })
    await postfix.logged(/Verified TLS connection established to 127\.0\.0\.1\S+ TLSv1\.3/)
    const [, id] = await postfix.logged(/status=sent \(250 2\.0\.0 Filed\. Ref ([0-9a-z]{16})\)/)
    const [filed] = await waybill.lettersOf(anna, 1)
    assert.ok(filed !== undefined)
    assert.equal(filed.mailbox, 'Inbox')
    const { journey, text } = filed
    assert.equal(journey.id, id)
    assert.equal(journey.outcome.status, 'delivered')
    assert.deepEqual(journey.envelope, {
      ip: postfix.ip,
      helo: 'mx.south.example',
      mailFrom: sender,
      rcptTo: [anna],
    })
    assert.equal(stepsOf(journey, 'tls')[0]?.protocol, 'TLSv1.3')
    assert.equal(stepsOf(journey, 'spf')[0]?.verdict.result, 'pass')
    const [signature] = stepsOf(journey, 'dkim')[0]?.verdicts ?? []
    assert.equal(signature?.result, 'pass')
    assert.equal(stepsOf(journey, 'dmarc')[0]?.verdict.result, 'pass')
    assert.equal(fieldOf(text, 'Return-Path'), `<${sender}>`)
    const results = fieldOf(text, 'Authentication-Results') ?? ''
    for (const said of [/^mail\.north\.example;/, /spf=pass/, /dkim=pass/, /dmarc=pass/]) {
      assert.match(results, said)
    }
    const received = fieldOf(text, 'Received') ?? ''
    assert.match(received, /^from mx\.south\.example .*by mail\.north\.example.* with ESMTPS/)
  })

  await t.test(
    'a letter that only claims to be from a domain goes to Junk if that asks for it',
    async () => {
      const letter = { from: 'joe@mild.example', to: ben, subject: 'mild' }
      await mail({ letter, from: letter.from, to: ben })
      const [filed] = await waybill.lettersOf(ben, 1)
      assert.ok(filed !== undefined)
      assert.equal(filed.mailbox, 'Junk')
      assert.equal(filed.journey.outcome.status, 'quarantined')
      assert.equal(stepsOf(filed.journey, 'spf')[0]?.verdict.result, 'fail')
      assert.match(fieldOf(filed.text, 'Authentication-Results') ?? '', /dmarc=fail/)
      await postfix.logged(
        /to=<ben@north\.example>.*status=sent \(250 2\.0\.0 Filed as spam\. Ref /,
      )
    },
  )

  await t.test('a forged letter is refused, and Postfix is told at once and why', async () => {
    const letter = { from: sender, to: anna, subject: 'forged' }
    await mail({ letter, from: 'eve@load.example', to: anna })
    const [, id = ''] = await postfix.logged(
      /status=bounced .* said: 550 5\.7\.1 south\.example does not allow this message \(DMARC reject\)\. Ref ([0-9a-z]{16})/,
    )
    const { outcome } = await waybill.journey(id)
    assert.equal(outcome.status, 'refused')
    assert.deepEqual(outcome.because, ['dmarc'])
  })

  await t.test(
    'a recipient who is not here, and a domain that is not ours, are refused',
    async () => {
      const letter = { from: sender, to: anna, subject: 'lost' }
      await mail({ letter, from: sender, to: `nobody@${domain}`, signed: true })
      await postfix.logged(/to=<nobody@north\.example>.*status=bounced .* said: 550 5\.1\.1 /)
      await mail({ letter, from: sender, to: 'joe@other.example', signed: true })
      await postfix.logged(/to=<joe@other\.example>.*status=bounced .* said: 550 5\.7\.1 /)
    },
  )
})

for (const type of ['rsa', 'ed25519'] as const) {
  test(`what OpenDKIM signs at Postfix passes here (${type})`, async (t) => {
    if (!peersAreHere(t, { programs: [...postfixPrograms, 'opendkim'], root: true })) return
    const pair = generateDkimKey(type)
    const milter = await openDkimMilter(t, {
      hostname: 'mx.south.example',
      task: {
        mode: 'sign',
        domain: 'south.example',
        selector: 'od',
        algorithm: `${type}-sha256`,
        privateKey: pair.privateKey,
      },
    })
    const { waybill, mail } = await openScene(t, [`smtpd_milters = ${milter.place}`])
    await waybill.publish({
      'od._domainkey.south.example': { TXT: [formatDkimRecord(pair)] },
      '_dmarc.south.example': { TXT: ['v=DMARC1; p=reject'] },
    })
    const letter = {
      from: sender,
      to: anna,
      subject: 'signed by OpenDKIM',
      body: ['.', 'x', '', ''],
    }
    await mail({ letter, from: sender, to: anna })
    const [filed] = await waybill.lettersOf(anna, 1)
    assert.ok(filed !== undefined)
    const [verdict] = stepsOf(filed.journey, 'dkim')[0]?.verdicts ?? []
    assert.equal(verdict?.result, 'pass', JSON.stringify(verdict))
    assert.equal(verdict.algorithm, `${type}-sha256`)
    assert.equal(stepsOf(filed.journey, 'dmarc')[0]?.verdict.result, 'pass')
    assert.equal(stepsOf(filed.journey, 'spf')[0]?.verdict.result, 'none')
  })
}

test('messages that come together are all kept', async (t) => {
  if (!peersAreHere(t, { programs: postfixPrograms, root: true })) return
  const { waybill, postfix } = await openScene(t)
  const many = ['-c', '-s', '10', '-m', '50', '-l', '5120', '-t', anna]
  await Promise.all([
    smtpSource(`${postfix.ip}:${postfix.port}`, [...many, '-f', sender]),
    smtpSource(`127.0.0.1:${waybill.ports.smtp}`, [...many, '-f', 'crowd@load.example']),
  ])
  const letters = await waybill.lettersOf(anna, 100)
  const from = (address: string) =>
    letters.filter(({ journey }) => journey.envelope.mailFrom === address)
  assert.equal(from(sender).length, 50)
  assert.equal(from('crowd@load.example').length, 50)
  assert.equal(new Set(letters.map(({ journey }) => journey.id)).size, 100)
  for (const { mailbox, text, journey } of letters) {
    assert.equal(mailbox, 'Inbox')
    assert.ok(text.length > 5120)
    assert.equal(stepsOf(journey, 'spf')[0]?.verdict.result, 'pass')
  }
})
