import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeServer } from './test-support/fake-server.ts'
import { first, openSender, reportIn } from './test-support/sender.ts'
import { SmtpTalk } from './test-support/smtp-talk.ts'
import { password, receiver as user } from './test-support/south.ts'

const dayMs = 86_400_000
const gone = 'someone@north.example'
const noSuchUser = '550 5.1.1 There is no such user'

test('who is refused for good on two days is tried no more, and the sender is told in the dialogue', async (t) => {
  const { south, network, submit, settled } = await openSender(t)
  const north = await FakeServer.open(t, {
    answer: (stage) => (stage === 'rcpt' ? noSuchUser : undefined),
  })
  network.at(first, north.port)
  assert.equal((await settled(await submit(), 1)).status, 'failed')
  assert.equal((await settled(await submit(), 1)).status, 'failed')
  assert.equal(await south.site.suppressions.find(gone), undefined)
  south.clock.advance(dayMs)
  const last = await submit()
  assert.equal((await settled(last, 1)).status, 'failed')
  const found = await south.site.suppressions.find('SomeOne@North.Example')
  assert.equal(found?.journey, last)

  const talk = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await talk.login(user, password, 235)
  await talk.say(`MAIL FROM:<${user}>`, 250)
  const said = await talk.say(`RCPT TO:<${gone}>`, 550)
  assert.match(said.text, /^5?\.?7?\.?1? ?Nothing is sent to someone@north\.example since/)
  assert.match(said.text, /again and again/)
  assert.match(said.text, /There is no such user/)
  assert.match(said.text, /waybill suppress remove someone@north\.example/)
  await talk.say('RCPT TO:<else@north.example>', 250)
  await talk.quit()

  assert.equal(await south.site.suppressions.remove([gone]), 1)
  assert.equal((await settled(await submit(), 1)).status, 'failed', 'it is tried again')
})

test('what waits for a suppressed address is not tried, and its sender gets one report', async (t) => {
  const { south, network, submit, settled, goOn } = await openSender(t)
  let busy = true
  const north = await FakeServer.open(t, {
    answer: (stage) => (stage === 'rcpt' && busy ? '451 4.7.1 later' : undefined),
  })
  network.at(first, north.port)
  const to = ['else@north.example', gone]
  const id = await submit({ to })
  await settled(id, 2)
  busy = false
  const suppression = { address: gone, reason: 'by-hand', since: south.clock.now() } as const
  await south.site.suppressions.put([{ ...suppression, why: 'he asked for it' }])
  await goOn()
  const { record, status } = await settled(id, 4)
  assert.equal(status, 'partly delivered')
  const step = record.steps.find(({ type }) => type === 'suppressed')
  assert.ok(step?.type === 'suppressed')
  assert.deepEqual([step.recipient, step.reason, step.why], [gone, 'by-hand', 'he asked for it'])
  assert.deepEqual(
    north.letters.map(({ rcpt }) => rcpt),
    [['RCPT TO:<else@north.example>']],
  )
  const report = await reportIn(south)
  assert.ok(report.type === 'dsn')
  assert.deepEqual(
    report.recipients.map(({ finalRecipient, action, status: code }) => {
      return [finalRecipient, action, code]
    }),
    [[gone, 'failed', '5.7.1']],
  )
  assert.match(report.recipients[0]?.diagnosticCode ?? '', /he asked for it/)
})
