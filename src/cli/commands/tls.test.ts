import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Ran } from './runner.test-support.ts'

const folder = mkdtempSync(join(tmpdir(), 'waybill-tls-'))
const runner = fork(new URL('runner.test-support.ts', import.meta.url), {
  execArgv: ['--disable-warning=ExperimentalWarning', '--conditions=waybill-source'],
  env: { ...process.env, NO_COLOR: '1' },
})
after(() => {
  runner.kill()
  rmSync(folder, { recursive: true })
})

async function waybill(...args: readonly string[]): Promise<Ran> {
  runner.send(args)
  const [ran]: Ran[] = await once(runner, 'message')
  assert.ok(ran)
  return ran
}

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const zone = file(
  'zone.json',
  JSON.stringify({
    'north.example': { MX: ['10 mx1.north.example', '20 mx.elsewhere.example'] },
    '_mta-sts.north.example': { TXT: ['v=STSv1; id=2026;'] },
    '_smtp._tls.north.example': { TXT: ['v=TLSRPTv1; rua=mailto:tls@north.example'] },
    'broken.example': { MX: ['10 mx.broken.example'] },
    '_mta-sts.broken.example': { TXT: ['v=STSv1;'] },
    '_smtp._tls.broken.example': { TXT: ['v=TLSRPTv1; rua=a', 'v=TLSRPTv1; rua=b'] },
    'south.example': { MX: ['10 mx.south.example'] },
    'dark.example': { MX: ['10 mx.dark.example'] },
    'bare.example': { A: ['192.0.2.1'] },
    '_mta-sts.bare.example': { TXT: ['v=STSv1; id=1;'] },
    'null.example': { MX: ['0 .'] },
    '_mta-sts.null.example': { TXT: ['v=STSv1; id=1;'] },
    '_mta-sts.dark.example': { error: 'SERVFAIL' },
  }),
)
const policyOf = (mode: string, mx: string): string =>
  `version: STSv1\nmode: ${mode}\nmx: ${mx}\nmax_age: 86400\n`

test('the records of a domain are shown, and where its policy is', async () => {
  const { out, code } = await waybill('tls', 'north.example', '--zone', zone)
  assert.equal(code, 0)
  assert.match(out, /MX hosts +mx1\.north\.example, mx\.elsewhere\.example/)
  assert.match(out, /MTA-STS +there is a policy; its id is 2026/)
  assert.match(out, /TLS reports +to mailto:tls@north\.example/)
  assert.match(out, /https:\/\/mta-sts\.north\.example\/\.well-known\/mta-sts\.txt/)
})

test('a policy is held against each MX host', async () => {
  const strict = file('strict.txt', policyOf('enforce', '*.north.example'))
  const found = await waybill('tls', 'user@north.example', '--zone', zone, '--policy', strict)
  assert.equal(found.code, 1)
  assert.match(found.out, /mode enforce: no mail may go/)
  assert.match(found.out, /allowed +mx1\.north\.example, by \*\.north\.example/)
  assert.match(found.out, /not allowed +mx\.elsewhere\.example: no mail may go there/)
  const watching = file('testing.txt', policyOf('testing', '*.north.example'))
  const mild = await waybill('tls', 'north.example', '--zone', zone, '--policy', watching)
  assert.match(mild.out, /not allowed +mx\.elsewhere\.example$/m)
  const both = file(
    'both.txt',
    `${policyOf('enforce', '*.north.example')}mx: mx.elsewhere.example\n`,
  )
  const json = await waybill('tls', 'north.example', '--zone', zone, '--policy', both, '--json')
  assert.equal(json.code, 0)
  const { hosts, mtaSts } = JSON.parse(json.out)
  assert.deepEqual(
    hosts.map(({ result }: { readonly result: string }) => result),
    ['match', 'match'],
  )
  assert.equal(mtaSts.record.id, '2026')
})

test('a domain without MX is its own host, and one with a null MX has none', async () => {
  const other = file('other.txt', policyOf('enforce', 'mx.bare.example'))
  const own = file('own.txt', policyOf('enforce', 'bare.example'))
  const no = await waybill('tls', 'bare.example', '--zone', zone, '--policy', other)
  assert.equal(no.code, 1)
  assert.match(no.out, /MX hosts +none: mail goes to bare\.example itself\n/)
  assert.match(no.out, /not allowed +bare\.example: no mail may go there/)
  const yes = await waybill('tls', 'bare.example', '--zone', zone, '--policy', own)
  assert.equal(yes.code, 0)
  assert.match(yes.out, /allowed +bare\.example, by bare\.example/)
  const none = await waybill('tls', 'null.example', '--zone', zone, '--policy', own)
  assert.equal(none.code, 0)
  assert.match(none.out, /MX hosts +none: it takes no mail \(RFC 7505\)/)
  assert.doesNotMatch(none.out, /allowed {2}/)
})

test('what cannot be used, is not there, or could not be asked is told apart', async () => {
  const broken = await waybill('tls', 'broken.example', '--zone', zone)
  assert.equal(broken.code, 1)
  assert.match(broken.out, /MTA-STS +the record at _mta-sts\.broken\.example cannot be used: /)
  assert.match(
    broken.out,
    /TLS reports +2 records at _smtp\._tls\.broken\.example: as good as none/,
  )
  const none = await waybill('tls', 'south.example', '--zone', zone)
  assert.equal(none.code, 1)
  assert.match(none.out, /MTA-STS +none \(_mta-sts\.south\.example: no such name\)/)
  const dark = await waybill('tls', 'dark.example', '--zone', zone)
  assert.equal(dark.code, 3)
  assert.match(dark.out, /MTA-STS +not known: DNS could not be asked/)
})

test('a policy that cannot be read, or is none, is told', async () => {
  const absent = await waybill(
    'tls',
    'north.example',
    '--zone',
    zone,
    '--policy',
    join(folder, 'no'),
  )
  assert.equal(absent.code, 5)
  const wrong = file('wrong.txt', 'version: STSv1\nmode: maybe\n')
  const refused = await waybill('tls', 'north.example', '--zone', zone, '--policy', wrong)
  assert.equal(refused.code, 2)
  assert.match(refused.messages, /wrong\.txt is no MTA-STS policy: Line 2: /)
})

const bounce = `From: MAILER-DAEMON@mx.south.example
Subject: Undelivered Mail
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

It did not arrive.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.south.example
Arrival-Date: Mon, 23 Nov 2026 10:00:00 +0000

Final-Recipient: rfc822; gone@south.example
Original-Recipient: rfc822;old@south.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; inner.south.example
Diagnostic-Code: smtp; 550 5.1.1 no such user

Final-Recipient: rfc822; slow@south.example
Action: delayed
Status: 4.4.1
Will-Retry-Until: Sat, 28 Nov 2026 10:00:00 +0000
--b--
`

test('a bounce says who did not get the letter, and why', async () => {
  const path = file('bounce.eml', bounce)
  const { out, code } = await waybill('report', 'bounce', path)
  assert.equal(code, 0)
  assert.match(out, /Told by +mx\.south\.example/)
  assert.match(out, /failed gone@south\.example \(5\.1\.1\)/)
  assert.match(out, /written to old@south\.example/)
  assert.match(out, /by inner\.south\.example/)
  assert.match(out, /because smtp; 550 5\.1\.1 no such user|because 550 5\.1\.1 no such user/)
  assert.match(out, /delayed slow@south\.example \(4\.4\.1\)/)
  assert.match(out, /tries until Sat, 28 Nov 2026/)
  const json = await waybill('report', 'bounce', '--json', path)
  const { source, recipients } = JSON.parse(json.out)
  assert.deepEqual([source, recipients.length], ['report', 2])
})

test('what is no bounce is told, and the others are read all the same', async () => {
  const letter = file('letter.eml', 'From: a@b.example\nSubject: x\n\nHello\n')
  const { out, messages, code } = await waybill('report', 'bounce', letter, file('b2.eml', bounce))
  assert.equal(code, 1)
  assert.match(messages, /letter\.eml: It is no bounce/)
  assert.match(out, /gone@south\.example/)
})

test('what a stranger wrote cannot move the cursor', async () => {
  const evil = bounce.replace('no such user', 'no \x1b[2J\x07 user')
  const { out } = await waybill('report', 'bounce', file('evil.eml', evil))
  assert.doesNotMatch(out, /[\x00-\x09\x0b-\x1f]/)
})

test('a policy host within a network of its own is not called, and that is told', async () => {
  const inside = file(
    'inside.json',
    JSON.stringify({
      'inside.example': { MX: ['10 mx.inside.example'] },
      '_mta-sts.inside.example': { TXT: ['v=STSv1; id=1;'] },
      'mta-sts.inside.example': { A: ['127.0.0.1'] },
    }),
  )
  const { out, code } = await waybill('tls', 'inside.example', '--zone', inside, '--fetch')
  assert.equal(code, 1)
  const because = '127.0.0.1 is a loopback address, which is not called'
  assert.ok(
    out.includes(
      `Policy       cannot be had: mta-sts.inside.example could not be reached: ${because}.`,
    ),
  )
  const json = await waybill('tls', 'inside.example', '--zone', inside, '--fetch', '--json')
  assert.equal(JSON.parse(json.out).policyProblem.resultType, 'sts-policy-fetch-error')
})
