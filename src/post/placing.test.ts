import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeUtf8, encodeUtf8 } from '../base/octets.ts'
import { contentOf } from '../store/ports/contents.ts'
import type { NewMessage } from '../store/ports/post.ts'
import { type Mail, type MailRecipient, type Placed, place } from './placing.ts'

const now = 1_000_000
const queueMs = 5000
const body = encodeUtf8('From: a@south.example\r\n\r\nHello\r\n')

function to(address: string, ...accounts: string[]): MailRecipient {
  const dsn = {}
  if (accounts.length > 0) {
    const found = accounts.map((account) => ({ address: account }))
    return { address, dsn, to: { type: 'mailbox', accounts: found } }
  }
  const destination = address.slice(address.lastIndexOf('@') + 1)
  return { address, dsn, to: { type: 'remote', recipient: address, destination } }
}

function mail(change: Partial<Mail>): Mail {
  return {
    id: 'j1',
    reversePath: 'me@south.example',
    content: contentOf(body),
    prefix: encodeUtf8('Received: x\r\n'),
    omit: [[0, 3]],
    recipients: [],
    role: 'inbox',
    eightBit: false,
    utf8: false,
    ...change,
  }
}

function placed(change: Partial<Mail>): Placed {
  let ids = 0
  return place(mail(change), { now, queueMs, newId: () => `n${++ids}` })
}

function messages({ acceptance }: Placed): readonly NewMessage[] {
  const { message, moreMessages = [] } = acceptance
  return message === undefined ? moreMessages : [message, ...moreMessages]
}

function prefixOf(given: Placed, id: string | undefined): string {
  const message = messages(given).find((one) => one.id === id)
  assert.ok(message !== undefined, id)
  assert.deepEqual(message.omit, [[0, 3]])
  return decodeUtf8(message.prefix) ?? ''
}

test('what is filed begins with Return-Path, what is sent does not, whoever wrote it', () => {
  const here = to('ann@south.example', 'ann')
  const there = to('x@north.example')
  for (const reversePath of ['', 'me@south.example']) {
    for (const role of ['inbox', 'junk'] as const) {
      for (const recipients of [[here], [there], [here, there], [there, here]]) {
        const given = placed({ reversePath, role, recipients })
        const { queue, mailbox } = given.acceptance
        assert.equal(queue.length, recipients.includes(there) ? 1 : 0)
        assert.equal(mailbox.length, recipients.includes(here) ? 1 : 0)
        assert.equal(given.queued, queue.length > 0)
        assert.equal(messages(given).length, new Set(recipients).size)
        assert.ok(
          messages(given).some(({ id }) => id === 'j1'),
          'the journey has its message',
        )
        for (const item of queue) {
          assert.equal(item.messageId, 'j1')
          assert.equal(prefixOf(given, item.messageId), 'Received: x\r\n')
        }
        for (const item of mailbox) {
          const path = `Return-Path: <${reversePath}>\r\n`
          assert.equal(prefixOf(given, item.messageId), `${path}Received: x\r\n`)
          assert.equal(item.role, role)
        }
      }
    }
  }
})

test('an item of the queue has its times, its wishes and its destination', () => {
  const recipient: MailRecipient = { ...to('x@north.example'), dsn: { notify: ['delay'] } }
  const account = 'me@south.example'
  const { acceptance } = placed({ recipients: [recipient], eightBit: true, account })
  assert.deepEqual(acceptance.queue, [
    {
      id: 'n1',
      messageId: 'j1',
      journeyId: 'j1',
      reversePath: 'me@south.example',
      recipient: 'x@north.example',
      destination: 'north.example',
      smtpUtf8: false,
      eightBit: true,
      dsn: { notify: ['delay'] },
      createdAt: now,
      nextAttemptAt: now,
      expiresAt: now + queueMs,
      account,
    },
  ])
  const stranger = placed({ recipients: [recipient] }).acceptance.queue
  assert.ok(stranger[0] !== undefined && !('account' in stranger[0]))
})

test('SMTPUTF8 is asked for where header, form or an address need it, for each recipient alone', () => {
  const recipients = [to('x@north.example'), to('bücher@north.example')]
  const flags = (change: Partial<Mail>): readonly boolean[] => {
    return placed({ recipients, ...change }).acceptance.queue.map(({ smtpUtf8 }) => smtpUtf8)
  }
  assert.deepEqual(flags({}), [false, true])
  assert.deepEqual(flags({ utf8: true }), [true, true])
  assert.deepEqual(flags({ reversePath: 'ü@south.example' }), [true, true])
})

test('an account gets one copy, however many addresses lead to it, and the step names them all', () => {
  const recipients = [
    to('ann@south.example', 'ann'),
    to('team@south.example', 'bob', 'ann'),
    to('info@south.example', 'ann'),
    to('ann@south.example', 'ann'),
    to('x@north.example'),
  ]
  const given = placed({ recipients, role: 'junk' })
  assert.deepEqual(given.steps, [
    {
      type: 'filed',
      account: 'ann',
      mailbox: 'Junk',
      recipient: 'ann@south.example',
      alsoFor: ['team@south.example', 'info@south.example'],
    },
    { type: 'filed', account: 'bob', mailbox: 'Junk', recipient: 'team@south.example' },
    { type: 'queued', recipient: 'x@north.example', destination: 'north.example' },
  ])
  assert.deepEqual(
    given.acceptance.mailbox.map(({ account, receivedAt }) => [account, receivedAt]),
    [
      ['ann', now],
      ['bob', now],
    ],
  )
})

test('a letter that goes nowhere is a fault of ours', () => {
  assert.throws(() => placed({ recipients: [] }), /goes nowhere/)
})

test('nobody is forgotten, nobody gets two, and every part belongs to the one journey', () => {
  const accounts = fc.subarray(['a', 'b', 'c'], { minLength: 1 })
  const one = fc.oneof(
    accounts.map((found) => to(`${found.join('')}@south.example`, ...found)),
    fc.constantFrom('x', 'y', 'ü').map((local) => to(`${local}@north.example`)),
  )
  const letters = fc.record({
    recipients: fc.array(one, { minLength: 1, maxLength: 8 }),
    reversePath: fc.constantFrom('', 'me@south.example'),
    eightBit: fc.boolean(),
    utf8: fc.boolean(),
  })
  fc.assert(
    fc.property(letters, (letter) => {
      const given = placed(letter)
      const { queue, mailbox } = given.acceptance
      const wanted = new Set(
        letter.recipients.flatMap(({ to: lead }) =>
          lead.type === 'mailbox' ? lead.accounts.map(({ address }) => address) : [],
        ),
      )
      assert.deepEqual(mailbox.map(({ account }) => account).sort(), Array.from(wanted).sort())
      const remote = letter.recipients.filter(({ to: lead }) => lead.type === 'remote')
      assert.deepEqual(
        queue.map(({ recipient }) => recipient),
        Array.from(new Set(remote.map(({ address }) => address))),
      )
      const ids = messages(given).map(({ id }) => id)
      const used = [...queue, ...mailbox].map(({ messageId }) => messageId)
      assert.deepEqual(new Set(used), new Set(ids))
      assert.equal(new Set(ids).size, ids.length)
      assert.ok([...queue, ...mailbox].every(({ journeyId }) => journeyId === 'j1'))
      assert.equal(given.steps.length, queue.length + mailbox.length)
    }),
  )
})

test('with a time of its own all of it waits, for mailboxes here as for other servers', () => {
  const recipients = [
    to('both@south.example', 'ann', 'ben'),
    to('ann', 'ann'),
    to('x@north.example'),
  ]
  const sendAt = now + 1
  const waits = placed({ recipients, sendAt })
  assert.equal(waits.queued, true)
  assert.deepEqual(waits.acceptance.mailbox, [])
  const { queue } = waits.acceptance
  assert.deepEqual(
    queue.map(({ recipient, dsn, notBefore, expiresAt }) => [
      recipient,
      dsn.filedIn,
      notBefore,
      expiresAt,
    ]),
    [
      ['ann', 'inbox', sendAt, sendAt + queueMs],
      ['ben', 'inbox', sendAt, sendAt + queueMs],
      ['x@north.example', undefined, sendAt, sendAt + queueMs],
    ],
  )
  const prefixes = queue.map(({ messageId }) => prefixOf(waits, messageId))
  assert.deepEqual(
    prefixes.map((prefix) => prefix.startsWith('Return-Path: ')),
    [true, true, false],
  )
  assert.equal(new Set(queue.map(({ messageId }) => messageId)).size, 2)
  const atOnce = placed({ recipients, sendAt: now })
  assert.deepEqual(atOnce, placed({ recipients }))
  assert.equal(atOnce.acceptance.mailbox.length, 2)
})

test('nothing is queued whose envelope could not be written', () => {
  const there = to('x@north.example')
  const unsayable = 'SRS0=a=b=c="jo w"@south.example'
  assert.throws(() => placed({ recipients: [there], reversePath: unsayable }), /the sender/)
  assert.throws(() => placed({ recipients: [to('a b@north.example')] }), /the recipient/)
})

test('what stands above the copies for one recipient stands above no other', () => {
  const leads = (address: string, ...onward: readonly string[]): MailRecipient => {
    const lead = { type: 'forward', accounts: [], to: onward, of: 'alias' } as const
    return { address, dsn: {}, above: `X-Loop: ${address}\r\n`, to: lead }
  }
  const gone = leads('gone@south.example', 'ann@far.example', 'ben@far.example')
  const secret = leads('secret@south.example', 'eve@far.example', 'ben@far.example')
  const { queue } = placed({ recipients: [gone, secret, to('x@north.example')] }).acceptance
  const given = placed({ recipients: [gone, secret, to('x@north.example')] })
  const above = given.acceptance.queue.map(({ recipient, messageId, dsn }) => [
    recipient,
    prefixOf(given, messageId).match(/X-Loop: \w+/g),
    dsn.alsoRcptTo,
  ])
  assert.deepEqual(above, [
    ['ann@far.example', ['X-Loop: gone'], undefined],
    // Both lead there: one copy, which is for both.
    ['ben@far.example', ['X-Loop: gone', 'X-Loop: secret'], ['secret@south.example']],
    ['eve@far.example', ['X-Loop: secret'], undefined],
    ['x@north.example', null, undefined],
  ])
  assert.equal(new Set(queue.map(({ messageId }) => messageId)).size, 4)
})

test('one address elsewhere gets one copy, unless other things are to be told of each', () => {
  const far = 'ann@far.example'
  const lead = { type: 'forward', accounts: [], to: [far], of: 'alias' } as const
  const by = (address: string, dsn: MailRecipient['dsn']): MailRecipient => ({
    address,
    dsn,
    to: lead,
  })
  const dsns = (...recipients: readonly MailRecipient[]): readonly MailRecipient['dsn'][] => {
    return placed({ recipients }).acceptance.queue.map(({ dsn }) => dsn)
  }
  const [a, b] = ['a@south.example', 'b@south.example']
  assert.deepEqual(dsns(by(a, {}), by(b, {}), by(a, {})), [{ rcptTo: a, alsoRcptTo: [b] }])
  assert.deepEqual(dsns(to(far), by(b, {})), [{ alsoRcptTo: [b] }])
  assert.equal(dsns(by(a, { notify: ['never'] }), by(b, {})).length, 2)
  const original = { originalRecipient: 'rfc822;x@y' }
  assert.equal(dsns(by(a, original), by(b, {})).length, 2)
})

test('what an account has sent on goes under its own address, and only it hears of that', () => {
  const far = 'ann@far.example'
  const account = { address: 'ann@south.example' }
  const lead = { type: 'forward', accounts: [account], to: [far], of: 'alias' } as const
  const dsn = { notify: ['never'], unproven: true, tls: 'required' } as const
  const recipients = [
    { address: 'a@south.example', dsn, to: { ...lead, owners: { [far]: account.address } } },
  ]
  const [item] = placed({ recipients, forwarding: { reversePath: 'srs@south.example' } }).acceptance
    .queue
  assert.equal(item?.reversePath, account.address)
  assert.deepEqual(item.dsn, { rcptTo: 'a@south.example', tls: 'required' })
  const report = placed({ recipients, reversePath: '' })
  assert.equal(report.acceptance.queue[0]?.reversePath, '')
  assert.equal(report.acceptance.mailbox.length, 1)
})
