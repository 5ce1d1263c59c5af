/** `waybill probe` against Postfix: each stage, TLS with and without a name, a mailbox that is not there. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runner } from '../../src/cli/commands/command-lines.test-support.ts'
import { peersAreHere } from './peers.ts'
import { openPostfix, postfixPrograms } from './postfix.ts'
import { makeTestAuthority } from './waybill.ts'

const needs = { programs: postfixPrograms, root: true }

test('a probe sees of Postfix what is there, as far as it is asked', async (t) => {
  if (!peersAreHere(t, needs)) return
  const hostname = 'mx.south.example'
  const postfix = await openPostfix(t, {
    hostname,
    tls: await (await makeTestAuthority()).issue(hostname),
    settings: [
      'relay_domains = south.example',
      'smtpd_recipient_restrictions = check_recipient_access inline:{' +
        ' { full@south.example = 452 4.2.2 The mailbox is full }' +
        ' { gone@south.example = 550 5.1.1 Nobody of that name } },' +
        ' check_client_access static:HOLD, permit_mynetworks, reject',
    ],
  })
  const waybill = runner(t)
  const server = ['--server', `${postfix.ip}:${postfix.port}`, '--from', 'ann@north.example']
  const stages = ['connect', 'banner', 'ehlo', 'starttls', 'auth', 'mail', 'rcpt', 'data']
  for (const stage of stages) {
    const ran = await waybill('probe', 'joe@south.example', ...server, '--stop-after', stage)
    assert.equal(ran.code, 0, `${stage}: ${ran.out}`)
  }
  const gone = await waybill('probe', 'gone@south.example', ...server, '--stop-after', 'rcpt')
  assert.equal(gone.code, 1)
  assert.match(gone.out, /550 5\.1\.1 .*Nobody of that name/)
  const full = await waybill('probe', 'full@south.example', ...server, '--stop-after', 'rcpt')
  assert.equal(full.code, 3)
  const strict = await waybill('probe', 'joe@south.example', ...server, '--tls', 'verified')
  assert.equal(strict.code, 3)
  assert.match(strict.out, /certificate does not hold/)
  const secure = await waybill(
    'probe',
    'joe@south.example',
    ...server,
    '--tls',
    'required',
    '--json',
  )
  assert.equal(secure.code, 0, secure.out)
  const view = JSON.parse(secure.out)
  const tls = view.steps.find(({ id }: { id: string }) => id === 'dial.tls')
  assert.match(tls.certificate.names[0], /mx\.south\.example/)
  const [held] = await postfix.held(1)
  assert.match(held?.text ?? '', /Subject: A probe/)
})
