import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogEvent, LogLine } from '../base/log.ts'
import { FakeServer } from './test-support/fake-server.ts'
import { referenceIn, SmtpTalk } from './test-support/smtp-talk.ts'
import { openTestSite, type TestSite } from './test-support/test-site.ts'
import { TestNetwork } from './test-support/test-network.ts'
import { northZone, password, receiver, strangerIp } from './test-support/south.ts'

function told({ logged }: TestSite, ...events: readonly LogEvent[]): readonly LogLine[] {
  return logged.filter(({ event }) => events.includes(event))
}

const hello = 'From: x@stranger.example\nSubject: Secret plans\n\nNobody may read this\n'

test('each letter at the door is one line: taken, refused, put off, broken off', async (t) => {
  const south = await openTestSite(t, {
    zone: { ...northZone, '_dmarc.slow.example': { error: 'TIMEOUT' } },
    rules: { onTemperror: 'defer' },
  })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const taken = await talk.letter({ from: 'x@stranger.example', to: receiver, message: hello })
  const [accepted] = told(south, 'accepted')
  assert.deepEqual(accepted, {
    level: 'info',
    event: 'accepted',
    fields: {
      client: strangerIp,
      id: referenceIn(taken),
      port: 'smtp',
      account: undefined,
      helo: 'client.example',
      from: '<x@stranger.example>',
      to: [receiver],
      refused: undefined,
      octets: hello.length + 4,
      status: 'delivered',
      answer: `250 2.0.0 ${taken.text}`,
      why: 'dmarc',
    },
  })

  const forged = 'From: sender@north.example\n\nx\n'
  const refused = await talk.letter({ from: 'sender@north.example', to: receiver, message: forged })
  await talk.say('MAIL FROM:<>', 250)
  const unknown = await talk.say('RCPT TO:<nobody@south.example>', 550)
  await talk.say('RSET', 250)
  assert.deepEqual(
    told(south, 'refused').map(({ fields }) => [fields['id'], fields['from'], fields['to']]),
    [
      [referenceIn(refused), '<sender@north.example>', [receiver]],
      [referenceIn(unknown), '<>', ['nobody@south.example']],
    ],
  )
  const [dmarc, nobody] = told(south, 'refused').map(({ fields }) => fields)
  assert.equal(dmarc?.['answer'], `550 5.7.1 ${refused.text}`)
  assert.equal(dmarc?.['octets'], forged.length + 3)
  assert.equal(nobody?.['answer'], `550 5.1.1 ${unknown.text}`)
  assert.equal(nobody?.['octets'], undefined)

  const slow = 'From: x@slow.example\n\nx\n'
  const later = await talk.letter({ from: 'x@slow.example', to: receiver, message: slow })
  assert.equal(later.code, 451)
  const [putOff] = told(south, 'turned-away')
  assert.deepEqual(
    [putOff?.fields['id'], putOff?.fields['status']],
    [referenceIn(later), 'deferred'],
  )

  await talk.say('MAIL FROM:<x@stranger.example>', 250)
  await talk.quit()
  const [brokenOff] = told(south, 'dropped')
  assert.equal(brokenOff?.fields['from'], '<x@stranger.example>')
  await (await SmtpTalk.greeted(south.ports.smtp)).quit()
  await south.close()
  const [, empty] = told(south, 'dropped')
  assert.deepEqual(
    [empty?.fields['from'], empty?.fields['to'], empty?.fields['why']],
    [undefined, undefined, 'quit'],
  )
  // What is in a letter is nobody's business but its reader's.
  assert.doesNotMatch(JSON.stringify(south.logged), /Secret|Nobody may/)
})

test('each login is one line, with its account and without its password', async (t) => {
  const south = await openTestSite(t)
  const talk = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await talk.login(receiver, 'wr0ng-secret', 535)
  await talk.login(receiver, password, 235)
  await talk.quit()
  await south.close()
  const [failed, done] = told(south, 'login', 'login-failed')
  assert.deepEqual(
    [failed?.level, failed?.event, done?.level, done?.event],
    ['warning', 'login-failed', 'info', 'login'],
  )
  const { client, port, account, mechanism, answer } = failed?.fields ?? {}
  assert.deepEqual(
    [client, port, account, mechanism],
    ['127.0.0.1', 'submissions', receiver, 'PLAIN'],
  )
  assert.match(String(answer), /^535 5\.7\.8 /)
  assert.equal(done?.fields['account'], receiver)
  const everything = JSON.stringify(south.logged)
  for (const secret of [password, 'wr0ng-secret']) {
    assert.ok(!everything.includes(secret))
    assert.ok(!everything.includes(Buffer.from(`\0${receiver}\0${secret}`).toString('base64')))
  }
})

test('each recipient of a letter that leaves is one line: delivered, put off, failed', async (t) => {
  const network = new TestNetwork()
  const north = await FakeServer.open(t, {
    answer(stage, line) {
      if (stage !== 'rcpt' || line.includes('good')) return undefined
      return line.includes('later') ? '451 4.2.0 mailbox\x1b busy' : '550 5.1.1 who?'
    },
  })
  network.at('192.0.2.10', north.port)
  const south = await openTestSite(t, { dialer: network })
  const talk = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await talk.login(receiver, password, 235)
  const to = ['good@north.example', 'later@north.example', 'no@north.example']
  const said = await talk.letter({ from: receiver, to, message: `From: ${receiver}\n\nx\n` })
  await south.when(() =>
    told(south, 'delivered', 'deferred', 'failed').length === 3 ? true : undefined,
  )
  const lines = told(south, 'delivered', 'deferred', 'failed')
  const byTo = new Map(lines.map((line) => [line.fields['to'], line]))
  const [good, later, no] = to.map((one) => byTo.get(one))
  assert.deepEqual(
    [good, later, no].map((line) => [line?.level, line?.event]),
    [
      ['info', 'delivered'],
      ['info', 'deferred'],
      ['warning', 'failed'],
    ],
  )
  for (const line of lines) {
    const { id, from, destination, host, ip, attempt } = line.fields
    assert.deepEqual(
      [id, from, destination, host, ip, attempt],
      [referenceIn(said), `<${receiver}>`, 'north.example', 'mx.north.example', '192.0.2.10', 1],
    )
  }
  assert.equal(no?.fields['status'], '5.1.1')
  assert.match(String(no?.fields['why']), /550 5\.1\.1 who\?/)
  assert.match(String(later?.fields['why']), /451 4\.2\.0 mailbox/)
  assert.match(String(later?.fields['next']), /^\d{4}-\d\d-\d\dT/)
  assert.equal(good?.fields['next'], undefined)
  assert.match(String(good?.fields['why']), /^250 /, 'what it said, and nothing before that')
  await talk.quit()
})
