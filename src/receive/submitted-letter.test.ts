import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseForwardPath, parseReversePath } from '../address/path.ts'
import { ManualClock } from '../base/clock.ts'
import { octetsOf, octetString } from '../base/octets.ts'
import { directoryOf } from '../directory/test-support/directory.ts'
import { splitMessage } from '../dkim/dkim.ts'
import { passwordMark } from '../io/password.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import { testPost } from '../post/test-support/post.ts'
import { noMailParameters, type RcptParameters } from '../smtp/parameters.ts'
import { contentOf } from '../store/ports/contents.ts'
import type { Letter, Verdict } from './port.ts'
import { replies } from './replies.ts'
import { SubmissionPort } from './submission.ts'

const ip = '192.0.2.1'
const anna = 'anna@north.example'
const complete = `Date: Thu, 26 Nov 2026 10:00:00 +0000\r\nMessage-ID: <x@north.example>\r\nFrom: ${anna}\r\n`

/** Anna has logged in, and may write as herself. */
async function open(): Promise<{
  readonly journey: JourneyBuilder
  readonly begin: (mailFrom?: string) => Promise<Letter | undefined>
}> {
  const clock = new ManualClock(Date.UTC(2026, 10, 26))
  const directory = directoryOf([
    { address: anna, aliases: [], passwordHash: 'x' },
    'ben@north.example',
  ])
  const user = { id: anna, address: anna, passwordMark: passwordMark('x') }
  const port = new SubmissionPort({
    hostname: 'mx.north.example',
    directory,
    guard: {
      login: () => Promise.resolve({ type: 'right', user } as never),
      enterAccount: () => ({ type: 'admitted', leave: () => undefined }),
    },
    clock,
    random: () => 0.5,
    post: testPost(directory, { clock }),
  })
  const secrets = { authorizationId: '', username: anna, password: 'x' }
  await port.login({ type: 'auth', mechanism: 'PLAIN', ...secrets }, ip)
  const journey = new JourneyBuilder('id', clock)
  return {
    journey,
    async begin(mailFrom = anna) {
      const path = parseReversePath(`<${mailFrom}>`)
      assert.ok(path.ok)

      const taken = await port.sender({
        journey,
        reversePath: path.value,
        mailFrom,
        parameters: { ...noMailParameters, smtpUtf8: false },
        ip,
        helo: 'x.example',
        transport: {
          protocol: { extended: true, tls: true, authenticated: true, utf8: false },
        },
      })
      return 'refusal' in taken ? undefined : taken
    },
  }
}

async function name(
  letter: Letter,
  rcptTo: string,
  parameters: RcptParameters = { notify: null, orcpt: null },
): Promise<unknown> {
  const path = parseForwardPath(`<${rcptTo}>`)
  assert.ok(path.ok)
  return await letter.recipient({ path: path.value, rcptTo, parameters })
}

async function finish(letter: Letter, text: string, { nul = false } = {}): Promise<Verdict> {
  const octets = octetsOf(text)
  const { header, body } = splitMessage(octets)
  letter.header(header)
  letter.body(body)
  const facts = { octets: octets.length, eightBit: false, nul, bareNewline: false, tooBig: false }
  return await letter.finish({ header, content: contentOf(octets), facts })
}

test('what is asked of a letter that must not go out is answered with why', async () => {
  const cases: readonly (readonly [text: string, code: number, words: RegExp, because: string])[] =
    [
      [
        complete.replace(anna, 'eve@east.example'),
        550,
        /^anna@north\.example may not send as eve@east\.example\.$/,
        'author',
      ],
      [
        `${complete}Sender: eve@east.example\r\n`,
        550,
        /^anna@north\.example may not write eve@east\.example into Sender\.$/,
        'sender',
      ],
      [
        complete.replace(anna, 'anna'),
        550,
        /^From has "anna" where an address must stand/,
        'message',
      ],
      [
        complete.replace(anna, 'PayPal Support:;'),
        550,
        /^From has "PayPal Support:;" where an address must stand/,
        'message',
      ],
      [`${complete}From: ${anna}\r\n`, 550, /From/, 'author'],
      [
        `${complete}X: ${'x'.repeat(999)}\r\n`,
        550,
        /^The field x has a line of more than 998/,
        'message',
      ],
    ]
  for (const [header, code, words, because] of cases) {
    const letter = await (await open()).begin()
    assert.ok(letter !== undefined)
    await name(letter, 'b@east.example')
    const verdict = await finish(letter, `${header}\r\nHello\r\n`)
    assert.ok(verdict.type === 'refused', header)
    assert.equal(verdict.reply.code, code)
    assert.match(verdict.reply.lines.join(' '), words)
    assert.deepEqual(verdict.because, [because])
  }
})

test('a letter of nobody goes out with a From of the user, and never without one', async () => {
  for (const [header, reply] of [
    [complete, replies.queued],
    [complete.replace(/From: .*\r\n/, ''), replies.noFrom],
  ] as const) {
    const letter = await (await open()).begin('')
    assert.ok(letter !== undefined)
    await name(letter, 'b@east.example')
    assert.equal((await finish(letter, `${header}\r\nHello\r\n`)).reply, reply)
  }
})

test('a NUL and a long line of the body are refused, before and after a line that just fits', async () => {
  for (const [body, nul, reply] of [
    ['x'.repeat(999), false, replies.longLineInBody],
    ['Hello', true, replies.nulInMessage],
    ['x'.repeat(998), false, replies.queued],
  ] as const) {
    const letter = await (await open()).begin()
    assert.ok(letter !== undefined)
    await name(letter, 'b@east.example')
    assert.equal((await finish(letter, `${complete}\r\n${body}\r\n`, { nul })).reply, reply)
  }
})

test('who is asked for twice gets one copy, and with other wishes another', async () => {
  const letter = await (await open()).begin()
  assert.ok(letter !== undefined)
  assert.equal(await name(letter, 'b@east.example'), 'remote')
  assert.equal(await name(letter, 'b@east.example'), 'remote')
  const failure = { notify: ['FAILURE'], orcpt: null } as never
  assert.equal(await name(letter, 'b@east.example', failure), 'remote')
  const verdict = await finish(letter, `${complete}\r\nHello\r\n`)
  assert.ok(verdict.type === 'taken')
  assert.equal(verdict.placed.acceptance.queue.length, 2)
})

test('mail for a neighbour is filed, mail for others waits, and each is told so', async () => {
  for (const [rcptTo, status, reply] of [
    ['ben@north.example', 'delivered', replies.filed],
    ['b@east.example', 'queued', replies.queued],
  ] as const) {
    const { begin, journey } = await open()
    const letter = await begin()
    assert.ok(letter !== undefined)
    await name(letter, rcptTo)
    const verdict = await finish(letter, `${complete}\r\nHello\r\n`)
    assert.ok(verdict.type === 'taken')
    assert.deepEqual([verdict.status, verdict.reply], [status, reply])
    const prefix = octetString(verdict.placed.acceptance.message?.prefix ?? new Uint8Array(0))
    assert.match(prefix, new RegExp(`for <${rcptTo}>`))
    assert.deepEqual(
      journey.steps.map(({ type }) => type),
      ['unsigned'],
    )
  }
})

test('of several recipients Received names none', async () => {
  const letter = await (await open()).begin()
  assert.ok(letter !== undefined)
  await name(letter, 'b@east.example')
  await name(letter, 'c@east.example')
  const verdict = await finish(letter, `${complete}\r\nHello\r\n`)
  assert.ok(verdict.type === 'taken')
  const prefix = octetString(verdict.placed.acceptance.message?.prefix ?? new Uint8Array(0))
  assert.doesNotMatch(prefix, /\bfor\b/)
})

test('what was changed is a step: left out, folded, ended, completed, and nothing where nothing was', async () => {
  for (const [header, changed] of [
    [`${complete}\r\n`, []],
    [`Bcc: x@y.example\r\n${complete}\r\n`, [{ removed: ['bcc'], folded: [] }]],
    [
      `${complete}To: ${'b@east.example, '.repeat(100)}c@east.example\r\n\r\n`,
      [{ removed: [], folded: ['to'] }],
    ],
    [complete, [{ removed: [], folded: [], ended: true }]],
    [complete.replace(/^Date.*\r\n/, '') + '\r\n', [['Date']]],
  ] as const) {
    const { begin, journey } = await open()
    const letter = await begin()
    assert.ok(letter !== undefined)
    await name(letter, 'b@east.example')
    await finish(letter, header)
    const found = journey.steps.flatMap((step): unknown[] => {
      if (step.type === 'completed') return [step.added]
      if (step.type !== 'adapted') return []
      const { removed, folded, ended } = step
      return [{ removed, folded, ...(ended === undefined ? {} : { ended }) }]
    })
    assert.deepEqual(found, changed, header)
    assert.equal(letter.addedMessageId, '<x@north.example>')
  }
})

test('a sender who is somebody else is refused at once, and nobody may be the sender', async () => {
  const { begin } = await open()
  assert.equal(await begin('eve@east.example'), undefined)
  assert.ok((await begin('')) !== undefined)
})

test('who asked to hear that it is in a mailbox hears it with the letter, and nobody else', async () => {
  const success = { notify: ['SUCCESS'], orcpt: null } as never
  const ben = 'ben@north.example'
  for (const [rcptTo, parameters, told] of [
    [ben, success, [ben]],
    [ben, { notify: ['FAILURE'], orcpt: null } as never, undefined],
    [ben, undefined, undefined],
    // That it went on says the next server.
    ['b@east.example', success, undefined],
  ] as const) {
    const letter = await (await open()).begin()
    assert.ok(letter !== undefined)
    await name(letter, rcptTo, parameters)
    const verdict = await finish(letter, `${complete}\r\nHello\r\n`)
    assert.ok(verdict.type === 'taken')
    const step = verdict.also?.step
    assert.deepEqual(step?.type === 'notified' ? step.recipients : undefined, told)
    assert.equal(verdict.also?.acceptance.message === undefined, told === undefined)
  }
})
