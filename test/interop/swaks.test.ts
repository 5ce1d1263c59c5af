/** swaks as a user's mail program on 587 and 465, and as a stranger on 25. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fieldOf } from './letters.ts'
import { peersAreHere } from './peers.ts'
import { shortFolder } from './processes.ts'
import { swaks, type SwaksResult } from './swaks.ts'
import {
  anna,
  ben,
  makeTestAuthority,
  openWaybill,
  password,
  stepsOf,
  type Waybill,
} from './waybill.ts'

const needs = { programs: ['swaks'] }
const noDate = `From: Anna <${anna}>\r\nTo: ${ben}\r\nSubject: no date\r\n\r\n.dots\r\n..\r\n`

/** A server, and the file with the authority that swaks verifies its certificate against. */
async function openScene(t: TestContext): Promise<{ waybill: Waybill; ca: readonly string[] }> {
  const authority = await makeTestAuthority()
  const file = join(await shortFolder(t), 'ca.pem')
  await writeFile(file, authority.certificate)
  const waybill = await openWaybill(t, { authority })
  return { waybill, ca: ['--tls-verify', '--tls-ca-path', file] }
}

function login(mechanism: string, user: string = anna, secret: string = password): string[] {
  return ['--auth', mechanism, '--auth-user', user, '--auth-password', secret]
}

const annaToBen = ['--from', anna, '--to', ben]

function lastRefusal({ replies }: SwaksResult): string {
  return replies.findLast((line) => /^[45]/.test(line)) ?? ''
}

test('swaks hands mail in, over STARTTLS and over TLS from the start, with both logins', async (t) => {
  if (!peersAreHere(t, needs)) return
  const { waybill, ca } = await openScene(t)
  const ways = [
    { port: waybill.ports.submission, tls: '--tls', listener: 'submission' },
    { port: waybill.ports.submissions, tls: '--tls-on-connect', listener: 'submissions' },
  ]
  for (const { port, tls, listener } of ways) {
    for (const mechanism of ['PLAIN', 'LOGIN']) {
      await t.test(`${listener}, AUTH ${mechanism}`, async () => {
        const before = (await waybill.letters(ben)).length
        const done = await swaks(port, [tls, ...ca, ...login(mechanism), ...annaToBen], noDate)
        assert.equal(done.code, 0, done.stdout)
        const { text, journey } = (await waybill.lettersOf(ben, before + 1)).at(-1) ?? assert.fail()
        assert.equal(stepsOf(journey, 'connect')[0]?.listener, listener)
        assert.equal(stepsOf(journey, 'tls')[0]?.protocol, 'TLSv1.3')
        const { mechanism: used, account, accepted } = stepsOf(journey, 'login')[0] ?? assert.fail()
        assert.deepEqual(
          { used, account, accepted },
          { used: mechanism, account: anna, accepted: true },
        )
        assert.match(fieldOf(text, 'Date') ?? '', /^\w{3}, \d/)
        assert.match(fieldOf(text, 'Message-ID') ?? '', /^<\S+@north\.example>$/)
        assert.match(fieldOf(text, 'Received') ?? '', /with ESMTPSA/)
        assert.equal(text.match(/^DKIM-Signature:/gm)?.length, 2)
        assert.ok(text.includes('\r\n\r\n.dots\r\n..\r\n'))
      })
    }
  }
})

test('swaks is not let in with a wrong password, by a wrong name or in clear text', async (t) => {
  if (!peersAreHere(t, needs)) return
  const { waybill } = await openScene(t)
  const { submission, submissions } = waybill.ports
  const wrong = /^535 5\.7\.8 /
  for (const mechanism of ['PLAIN', 'LOGIN']) {
    const tries = [login(mechanism, anna, 'wrong'), login(mechanism, 'nobody@north.example')]
    for (const credentials of [...tries, login(mechanism, ben)]) {
      const done = await swaks(submissions, ['--tls-on-connect', ...credentials, ...annaToBen])
      assert.equal(done.code, 28, done.stdout)
      assert.match(lastRefusal(done), wrong)
    }
  }
  const clear = await swaks(submission, [...login('PLAIN'), ...annaToBen])
  assert.equal(clear.code, 28, clear.stdout)
  assert.ok(!clear.stdout.includes('AUTH PLAIN'), 'the password must not have left')
  const anonymous = await swaks(submission, ['--tls', ...annaToBen])
  assert.match(lastRefusal(anonymous), /^530 5\.7\.0 /)
  const early = await swaks(submission, annaToBen)
  assert.match(lastRefusal(early), /^530 5\.7\.0 /)
  assert.equal((await waybill.letters(ben)).length, 0)
})

test('swaks may not write in the name of others', async (t) => {
  if (!peersAreHere(t, needs)) return
  const { waybill } = await openScene(t)
  const send = (from: string, message?: string): Promise<SwaksResult> => {
    const port = waybill.ports.submission
    return swaks(port, ['--tls', ...login('PLAIN'), '--from', from, '--to', ben], message)
  }
  for (const from of [ben, 'boss@south.example', 'nobody@north.example']) {
    const done = await send(from)
    assert.equal(done.code, 23, done.stdout)
    assert.match(lastRefusal(done), /^550 5\.7\.1 anna@north\.example may not send as /)
  }
  const author = await send(anna, `From: ${ben}\r\nSubject: x\r\n\r\nx\r\n`)
  assert.equal(author.code, 26, author.stdout)
  assert.match(lastRefusal(author), /^550 5\.7\.1 anna@north\.example may not send as ben@/)
  const alias = await send('info@north.example', 'From: info@north.example\r\n\r\nx\r\n')
  assert.equal(alias.code, 0, alias.stdout)
  assert.equal((await waybill.letters(ben)).length, 1)
})

test('swaks as a stranger reaches the people here and nobody else', async (t) => {
  if (!peersAreHere(t, needs)) return
  const { waybill, ca } = await openScene(t)
  await waybill.publish({ 'stranger.example': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] } })
  const message = `From: s@stranger.example\r\nTo: ${anna}\r\nSubject: hi\r\n\r\nHello.\r\n`
  const send = (to: string, ...more: string[]): Promise<SwaksResult> => {
    const from = ['--from', 's@stranger.example', '--to', to]
    return swaks(waybill.ports.smtp, [...from, ...more], message)
  }
  const variants = [
    [],
    ['--tls', ...ca],
    ['--pipeline'],
    ['--tls', '--pipeline'],
    ['--protocol', 'SMTP'],
  ]
  for (const [index, variant] of variants.entries()) {
    const done = await send(anna, ...variant)
    assert.equal(done.code, 0, done.stdout)
    const letter = (await waybill.lettersOf(anna, index + 1)).at(-1) ?? assert.fail()
    assert.equal(stepsOf(letter.journey, 'spf')[0]?.verdict.result, 'pass')
    const secure = variant.includes('--tls')
    const protocol = variant.includes('SMTP') ? 'SMTP' : secure ? 'ESMTPS' : 'ESMTP'
    assert.match(fieldOf(letter.text, 'Received') ?? '', new RegExp(`with ${protocol} `))
  }
  assert.match(
    lastRefusal(await send('someone@south.example')),
    /^550 5\.7\.1 .* Ref [0-9a-z]{16}$/,
  )
  assert.match(lastRefusal(await send('nobody@north.example')), /^550 5\.1\.1 .* Ref [0-9a-z]{16}$/)
  // RFC 5321 §4.5.1
  assert.equal((await send('postmaster')).code, 0)
  const some = await send(`nobody@north.example,${ben}`)
  assert.equal(some.code, 0, some.stdout)
  assert.equal((await waybill.lettersOf(ben, 1)).length, 1)
  const noLogin = await send(anna, '--tls', ...login('PLAIN'))
  assert.equal(noLogin.code, 28, noLogin.stdout)
})
