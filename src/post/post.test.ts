import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { concat, decodeUtf8, encodeUtf8 } from '../base/octets.ts'
import { directoryOf } from '../directory/test-support/directory.ts'
import { generateDkimKey, splitMessage } from '../dkim/dkim.ts'
import type { JourneyRecord } from '../journey/record.ts'
import { contentOf } from '../store/ports/contents.ts'
import type { Acceptance } from '../store/ports/post.ts'
import { keptForReplay, later, record } from './placing.ts'
import type { OwnMail } from './own-mail.ts'
import { Post } from './post.ts'

const { privateKey } = generateDkimKey('ed25519')
const key = {
  domain: 'south.example',
  selector: 's',
  algorithm: 'ed25519-sha256',
  privateKey,
} as const
const start = 1_000_000

function open(accept: (acceptance: Acceptance) => Promise<void> = () => Promise.resolve()): {
  readonly post: Post
  readonly accepted: Acceptance[]
} {
  const accepted: Acceptance[] = []
  let ids = 0
  const people = directoryOf(['ann@south.example'], (domain) => {
    return domain === 'south.example' ? [key] : []
  })
  const post = new Post({
    store: {
      accept(acceptance) {
        accepted.push(acceptance)
        return accept(acceptance)
      },
    },
    directory: {
      lead: (path) => Promise.resolve(people.lead(path)),
      signingKeys: (domain) => people.signingKeys(domain),
    },
    origin: { host: 'mx.south.example' },
    clock: new ManualClock(start),
    newId: () => `id${++ids}`,
    queueMs: () => 5000,
  })
  return { post, accepted }
}

function ownMail(change: Partial<OwnMail> & { readonly header?: string } = {}): OwnMail {
  const { header = 'From: Us <postmaster@south.example>', ...more } = change
  const message = `${header}\r\nSubject: Not delivered\r\nMessage-ID: <1@south.example>\r\n\r\nHello\r\n`
  return {
    reversePath: '',
    recipients: ['x@north.example'],
    message: encodeUtf8(message),
    because: 'delivery status',
    ...more,
  }
}

/** The header of each message, our own fields with it. */
function headers(acceptance: Acceptance): readonly string[] {
  const { message, moreMessages = [] } = acceptance
  return [...(message === undefined ? [] : [message]), ...moreMessages].map((one) => {
    assert.ok(one.content.source.type === 'octets')
    const { header } = splitMessage(concat([one.prefix, one.content.source.octets]))
    return decodeUtf8(header.octets) ?? ''
  })
}

function recordOf(acceptance: Acceptance): JourneyRecord {
  const [row] = acceptance.journeys
  assert.ok(row !== undefined)
  return JSON.parse(row.json)
}

const kinds = ['delivery status', 'aggregate report', 'failure report', 'TLS report'] as const
const places = [
  ['filed', ['ann@south.example']],
  ['queued', ['x@north.example']],
  ['both', ['ann@south.example', 'x@north.example']],
] as const

test('every kind of our own mail is signed, filed with Return-Path and sent without', async () => {
  for (const because of kinds) {
    for (const reversePath of ['', 'postmaster@south.example']) {
      for (const [where, recipients] of places) {
        const { post } = open()
        const { journeyId, acceptance } = await post.own(
          ownMail({ because, reversePath, recipients }),
        )
        const all = headers(acceptance)
        assert.equal(all.length, where === 'both' ? 2 : 1)
        for (const header of all) {
          assert.match(header, /DKIM-Signature: [^]*d=south\.example/)
          assert.equal(header.match(/DKIM-Signature/g)?.length, 1)
        }
        const withPath = all.filter((header) =>
          header.startsWith(`Return-Path: <${reversePath}>\r\n`),
        )
        assert.equal(withPath.length, where === 'queued' ? 0 : 1)
        assert.equal(all.filter((header) => header.includes('Return-Path')).length, withPath.length)
        for (const item of acceptance.queue) {
          const waived = because === 'TLS report' ? { tls: 'waived' } : {}
          assert.deepEqual(item.dsn, { notify: ['never'], ...waived })
          assert.deepEqual([item.reversePath, item.expiresAt], [reversePath, start + 5000])
        }
        const steps = recordOf(acceptance).steps.map(({ type }) => type)
        const ends = where === 'both' ? ['filed', 'queued'] : [where]
        assert.deepEqual(steps, ['signed', ...ends])
        const [row] = acceptance.journeys
        assert.deepEqual([row?.id, row?.direction, row?.messageId], [journeyId, 'out', journeyId])
        assert.deepEqual(row?.rcptTo, recipients)
        assert.equal(row?.subject, 'Not delivered')
        assert.equal(row?.headerMessageId, '<1@south.example>')
        assert.equal(row?.author, 'postmaster@south.example')
        const { outcome, mode, host } = recordOf(acceptance)
        assert.deepEqual(outcome, { status: 'created', because: [because] })
        assert.deepEqual([host, mode], ['mx.south.example', 'live'])
      }
    }
  }
})

test('without a key for its author it goes unsigned, and its record says so', async () => {
  const header = 'From: Us <postmaster@elsewhere.example>'
  const { acceptance } = await open().post.own(ownMail({ header }))
  assert.doesNotMatch(headers(acceptance).join(), /DKIM-Signature/)
  assert.deepEqual(
    recordOf(acceptance).steps.map(({ type }) => type),
    ['unsigned', 'queued'],
  )
})

test('what its octets need on the way is read from its octets', async () => {
  const table: readonly (readonly [Partial<OwnMail> & { header?: string }, boolean, boolean])[] = [
    [{}, false, false],
    [{ utf8: true }, false, true],
    [{ header: 'From: Ü <postmaster@south.example>' }, true, true],
    [{ recipients: ['ü@north.example'] }, false, true],
    [{ message: encodeUtf8('From: <postmaster@south.example>\r\n\r\nÜ\r\n') }, true, false],
    [{ message: encodeUtf8('From: <postmaster@south.example>\r\n\r\n\x7f\r\n') }, false, false],
  ]
  for (const [change, eightBit, smtpUtf8] of table) {
    const [item] = (await open().post.own(ownMail(change))).acceptance.queue
    assert.deepEqual([item?.eightBit, item?.smtpUtf8], [eightBit, smtpUtf8])
  }
})

test('its journey may be listed under other words than the subject', async () => {
  const { acceptance } = await open().post.own(ownMail({ subject: 'DMARC report 1' }))
  assert.equal(acceptance.journeys[0]?.subject, 'DMARC report 1')
})

test('an address of ours that nobody has is no reason to leave the others without', async () => {
  const recipients = ['gone@south.example', 'ann@south.example']
  const { acceptance } = await open().post.own(ownMail({ recipients }))
  assert.deepEqual([acceptance.queue.length, acceptance.mailbox.length], [0, 1])
  const [row] = acceptance.journeys
  assert.deepEqual(
    row?.recipients?.map(({ address, status }) => [address, status]),
    [
      ['gone@south.example', 'refused'],
      ['ann@south.example', 'delivered'],
    ],
  )
})

test('what is for nobody else comes to nothing, and its journey says so', async () => {
  const { acceptance } = await open().post.own(ownMail({ recipients: ['gone@south.example'] }))
  const { message, queue, mailbox, journeys } = acceptance
  assert.deepEqual([message, queue, mailbox], [undefined, [], []])
  assert.equal(journeys[0]?.messageId, undefined)
  const told = recordOf(acceptance).steps.flatMap((step) => {
    return step.type === 'recipient' ? [[step.rcptTo, step.to, step.answer.enhanced]] : []
  })
  assert.deepEqual(told, [['gone@south.example', 'refused', '5.1.1']])
})

test('what belongs together is put down in one, and nothing before', async () => {
  const { post, accepted } = open()
  const { acceptance } = await post.own(ownMail())
  const other = await post.own(ownMail({ recipients: ['ann@south.example'] }))
  assert.equal(accepted.length, 0, 'nothing is put down by placing it')
  const steps = { journeyId: 'j0', steps: '[]', shared: [] }
  const entry = { kind: 'pause', key: 'x.example', json: '{}', changedAt: 1 }
  await post.accept(acceptance, { ...other.acceptance, register: [entry] }, later(steps))
  const [one] = accepted
  assert.equal(accepted.length, 1)
  assert.equal(one?.journeys.length, 2)
  assert.deepEqual([one?.queue.length, one?.mailbox.length], [1, 1])
  assert.deepEqual(one?.laterSteps, [steps])
  assert.deepEqual(one?.register, [entry])
  assert.equal(headers(one ?? acceptance).length, 2)
})

test('records, and what is kept of a refused letter, put nothing into queue or mailbox', async () => {
  const { post, accepted } = open()
  const [row] = (await post.own(ownMail())).acceptance.journeys
  assert.ok(row !== undefined)
  await post.accept(record(row))
  await post.accept(keptForReplay('j9', contentOf(encodeUtf8('x'))), record(row))
  assert.deepEqual(
    accepted.flatMap(({ queue, mailbox }) => [...queue, ...mailbox]),
    [],
  )
  assert.equal(accepted[0]?.message, undefined)
  assert.equal(accepted[1]?.message?.id, 'j9')
  assert.equal(accepted[1]?.message.prefix.length, 0)
})

test('what the store does not take is told to who brought it', async () => {
  const { post } = open(() => Promise.reject(new Error('full')))
  const { acceptance } = await post.own(ownMail())
  await assert.rejects(post.accept(acceptance), /full/)
})
