import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Waybill, WaybillApiError } from '../client/client.ts'
import { silent } from '../base/log.ts'
import { testFolder } from '../store/test-folder.ts'
import { openLabConsole } from './console.ts'
import { type Lab, openLab } from './lab.ts'

const free = { smtp: 0, submission: 0, submissions: 0, dns: 0 } as const

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly json: Readonly<Record<string, unknown>>
}

type Post = (
  body: unknown,
  how?: {
    readonly under?: string
    readonly query?: string
    readonly headers?: Readonly<Record<string, string>>
  },
) => Promise<Answer>

async function labAndPost(
  t: TestContext,
): Promise<{ readonly post: Post; readonly mail: Waybill; readonly lab: Lab }> {
  const report = (problem: unknown): void => assert.fail(String(problem))
  const { folder, remove } = testFolder()
  const lab = await openLab({ folder, log: silent, report, ports: free, taken: 'strict' })
  const about = { folder, port: 0, version: '1', page: folder, report } as const
  const console = await openLabConsole(lab, { ...about, taken: 'strict' })
  t.after(async () => {
    await console.close()
    await lab.close()
    remove()
  })
  const url = `http://127.0.0.1:${console.http}`
  const post: Post = async (body, { under = '', query = '', headers = {} } = {}) => {
    const answer = await fetch(`${url}/v1/messages${under}${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    const json = JSON.parse(await answer.text()) as Answer['json']
    return { status: answer.status, headers: answer.headers, json }
  }
  return { post, mail: new Waybill({ url }), lab }
}

const letter = {
  from: 'Ann <sender@north.example>',
  to: 'receiver@south.example',
  bcc: 'hidden@south.example',
  subject: 'Grüße',
  text: 'Hällo',
} as const

test('somebody of north writes as over a submission port: signed, sent, judged there', async (t) => {
  const { post, mail } = await labAndPost(t)
  const { status, headers, json } = await post({ ...letter, bcc: 'receiver@no-mx.south.example' })
  assert.equal(status, 202)
  assert.equal(headers.get('location'), `/v1/messages/${String(json['id'])}`)
  const sent = await mail.message(String(json['id']))
  assert.equal(sent.journey.direction, 'out')
  const ids = sent.journey.steps.map(({ id }) => id)
  assert.deepEqual(ids.slice(0, 3), ['connect', 'login', 'sender'])
  assert.ok(ids.includes('signed'))
  assert.match(sent.journey.steps[0]?.answer ?? '', /handed the message in by HTTP/)
  const came = await mail.waitFor({ to: 'receiver@south.example', subject: 'Grüße' })
  const checks = came.journey.steps.filter(({ id }) => id === 'dmarc')
  assert.deepEqual(
    checks.map(({ result }) => result),
    ['pass'],
  )
  assert.equal(came.text.trim(), 'Hällo')
  const raw = new TextDecoder().decode(await came.raw())
  assert.match(raw, /^Message-ID: <\S+@north\.example>\r$/im)
  assert.match(raw, /^Date: /m)
  assert.doesNotMatch(raw, /no-mx|^bcc:/im)
  assert.doesNotMatch(raw, /Received: by mx\.north\.example \(Waybill\) with /)
})

test('a stranger is caught, judged as at the port, and replayed to the same', async (t) => {
  const { post, mail } = await labAndPost(t)
  const raw =
    'From: app@app.example\nTo: x@inbox.example\nBcc: y@inbox.example\nSubject: raw\n\nHi\n'
  const { status, json } = await post(raw, { headers: { 'content-type': 'message/rfc822' } })
  assert.equal(status, 202)
  assert.deepEqual(json['recipients'], [
    { address: 'x@inbox.example', status: 'delivered' },
    { address: 'y@inbox.example', status: 'delivered' },
  ])
  const caught = await mail.message(String(json['id']))
  const ids = caught.journey.steps.map(({ id }) => id)
  for (const id of ['spf.mailfrom', 'dkim', 'dmarc', 'decision', 'caught']) {
    assert.ok(ids.includes(id), `${id} in ${ids.join()}`)
  }
  const octets = new TextDecoder().decode(await caught.raw())
  assert.doesNotMatch(octets, /y@inbox/)
  const again = await fetch(`${mail.url}/v1/replays`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ journey: json['id'] }),
  })
  const replay = JSON.parse(await again.text()) as Answer['json']
  assert.deepEqual([replay['replayed'], replay['same']], [true, true])
})

test('a key is answered once: again the same, no other body, and one letter', async (t) => {
  const { post, mail } = await labAndPost(t)
  const headers = { 'idempotency-key': 'once' }
  const answers = [await post(letter, { headers }), await post(letter, { headers })]
  assert.deepEqual(
    answers.map(({ status }) => status),
    [202, 202],
  )
  assert.deepEqual(answers[0]?.json, answers[1]?.json)
  assert.deepEqual(
    answers.map((one) => one.headers.get('idempotent-replayed')),
    [null, 'true'],
  )
  const other = await post({ ...letter, subject: 'Other' }, { headers })
  assert.equal(other.status, 422)
  assert.match(String(other.json['type']), /key-used$/)
  const { data } = await mail.list('from:sender@north.example')
  assert.equal(data.filter(({ direction }) => direction === 'out').length, 1)
  const both = await Promise.all([
    post(letter, { headers: { 'idempotency-key': 'race' } }),
    post(letter, { headers: { 'idempotency-key': 'race' } }),
  ])
  const statuses = both.map(({ status }) => status)
  assert.ok(statuses.includes(202) && statuses.every((one) => one === 202 || one === 409))
})

test('a dry run tells the journey, with its route, and keeps nothing', async (t) => {
  const { post, mail } = await labAndPost(t)
  const { status, json } = await post(letter, { query: '?dry_run=true' })
  assert.equal(status, 200)
  assert.equal(json['schema'], 'waybill.journey/1')
  const steps = json['steps'] as readonly { readonly id: string }[]
  const ids = steps.map(({ id }) => id)
  for (const id of ['signed', 'queued', 'route.mx']) assert.ok(ids.includes(id), id)
  assert.deepEqual((await mail.list()).data, [])
  const headers = { 'idempotency-key': 'dry' }
  await post(letter, { query: '?dry_run=true', headers })
  assert.equal((await post(letter, { headers })).headers.get('idempotent-replayed'), null)
})

test('a sender that is not ours to use is told so, and where', async (t) => {
  const { post, mail } = await labAndPost(t)
  const { status, json } = await post({ ...letter, envelope_from: 'x@elsewhere.example' })
  assert.equal(status, 422)
  assert.match(String(json['type']), /from-not-yours$/)
  const [error] = json['errors'] as readonly { readonly pointer: string }[]
  assert.equal(error?.pointer, '/envelope_from')
  assert.equal((await mail.message(String(json['journey']))).status, 'refused')
})

test('the client sends, foresees and hears why not', async (t) => {
  const { mail } = await labAndPost(t)
  const to = 'receiver@south.example'
  const before = await mail.foresee({ from: 'sender@north.example', to, subject: 'Plan' })
  assert.equal(before.direction, 'out')
  const sent = await mail.send({ from: 'sender@north.example', to }, { idempotencyKey: 'c1' })
  const again = await mail.send({ from: 'sender@north.example', to }, { idempotencyKey: 'c1' })
  assert.deepEqual(again, { ...sent, replayed: true })
  assert.deepEqual(sent.recipients, [{ address: to, status: 'queued' }])
  await assert.rejects(
    mail.send({ from: 'sender@north.example', to: 'no address' }),
    (error) => error instanceof WaybillApiError && error.code === 'wrong-letter',
  )
})

test('a letter with a time of its own waits for it, and goes then', async (t) => {
  const { post, mail, lab } = await labAndPost(t)
  const sendAt = lab.clock.now() + 3_600_000
  const { bcc: _hidden, ...plain } = letter
  const appointed = { ...plain, send_at: new Date(sendAt).toISOString() }
  const { status } = await post(appointed)
  assert.equal(status, 202)
  const queue = async (): Promise<readonly (number | undefined)[]> => {
    const items = await lab.north.store.queue.list({ limit: 9 })
    return items.flatMap(({ nextAttemptAt, notBefore, createdAt, expiresAt }) => {
      return [nextAttemptAt, notBefore, Math.round((expiresAt - createdAt) / 3_600_000)]
    })
  }
  assert.deepEqual(await queue(), [sendAt, sendAt, 5 * 24 + 1])
  lab.clock.advance(3_600_000)
  lab.north.site.wakeQueue()
  await mail.waitFor({ to: 'receiver@south.example', subject: 'Grüße' })
  assert.deepEqual(await queue(), [])
})

test('who lives here has it then, too; taken back before, nobody has it', async (t) => {
  const { post, mail, lab } = await labAndPost(t)
  const { store, site } = lab.north
  const sendAt = lab.clock.now() + 3_600_000
  const own = 'sender@north.example'
  const to = [own, 'receiver@south.example']
  const appointed = { from: own, to, subject: 'Later', text: 'x', send_at: new Date(sendAt) }
  const [goes, stays] = [(await post(appointed)).json, (await post(appointed)).json]
  assert.deepEqual(
    goes['recipients'],
    to.map((address) => ({ address, status: 'queued' })),
  )
  const filed = async (): Promise<readonly string[]> => {
    const items = await store.mailboxes.items({ account: own })
    return items.map(({ journeyId }) => journeyId)
  }
  assert.deepEqual(await filed(), [])
  const waiting = await mail.message(String(goes['id']))
  const told = waiting.journey.steps.filter(({ id }) => id === 'queued')
  for (const { answer } of told) {
    assert.ok(
      answer.endsWith(
        `Its sender wants it sent at ${appointed.send_at.toISOString()}, not before.`,
      ),
    )
  }
  assert.equal(told.length, 2)
  const act = { reason: 'a mistake', tell_sender: false }
  const dropped = await post(act, { under: `/${String(stays['id'])}/drop` })
  assert.equal(dropped.status, 200)
  lab.clock.advance(3_600_000)
  site.wakeQueue()
  await mail.waitFor({ to: 'receiver@south.example', subject: 'Later' })
  for await (const _ of store.changes({ after: 0 })) {
    if ((await store.queue.list({ limit: 9 })).length === 0) break
  }
  assert.deepEqual(await filed(), [goes['id']])
})

test('a time that is no time, or too far away, is told with its member', async (t) => {
  const { post, lab } = await labAndPost(t)
  const far = new Date(lab.clock.now() + 91 * 86_400_000).toISOString()
  for (const send_at of ['tomorrow', far]) {
    const { status, json } = await post({ ...letter, send_at })
    assert.ok(status === 422 || status === 400, String(status))
    assert.match(JSON.stringify(json), /send_at/)
  }
})
