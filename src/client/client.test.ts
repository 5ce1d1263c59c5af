import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Fetch,
  type MessageRow,
  Waybill,
  WaybillApiError,
  waybillFixtures,
  WaitTimeoutError,
} from './client.ts'

let count = 0

function row(changes: Partial<MessageRow> = {}): MessageRow {
  count++
  return {
    id: `1m8${count}`,
    site: '',
    direction: 'in',
    status: 'delivered',
    summary: '',
    subject: 'Hello',
    mail_from: 'app@app.example',
    rcpt_to: ['ann@inbox.example'],
    author: 'app@app.example',
    started_at: new Date(Date.UTC(2026, 10, 27) + count).toISOString(),
    message_id_header: `<${count}@app.example>`,
    checks: {},
    ...changes,
  }
}

interface Served {
  readonly fetch: Fetch
  /** What was asked: method and path with its query. */
  readonly asked: string[]
  /** What each request brought. */
  readonly brought: { headers: Readonly<Record<string, string>>; body: string | undefined }[]
}

/** A server of these messages, oldest first; `arrive` is called when somebody waits. */
function serve(rows: MessageRow[], arrive: () => void = () => undefined): Served {
  const asked: string[] = []
  const brought: Served['brought'] = []
  const fetch: Fetch = async (url, { method = 'GET', headers = {}, body } = {}) => {
    const { pathname, searchParams, search } = new URL(url)
    asked.push(`${method} ${pathname}${search}`)
    brought.push({ headers, body })
    await Promise.resolve()
    return answerOf(pathname, searchParams)
  }
  const answerOf = (path: string, query: URLSearchParams) => {
    if (path === '/v1/messages/wait') {
      arrive()
      return problem(404, 'wait-timeout')
    }
    if (path === '/v1/messages') {
      const to = query.get('q')?.slice('to:'.length) ?? ''
      const all = rows
        .filter(({ rcpt_to: rcpt }) => {
          return to === '' || rcpt.some((one) => one.toLowerCase() === to.toLowerCase())
        })
        .toReversed()
      const from = Number(query.get('after') ?? 0)
      const data = all.slice(from, from + 2)
      const more = all.length > from + 2
      return json(
        query.has('after') || query.get('q') === ''
          ? { data, has_more: more, next: more ? String(from + 2) : null }
          : { data: all, has_more: false, next: null },
      )
    }
    const [, id, what] = /^\/v1\/messages\/([^/]+)(?:\/(.*))?$/.exec(path) ?? []
    const found = rows.find((one) => one.id === id)
    if (found === undefined) return problem(404, 'not-found')
    if (what === undefined) return json(found)
    if (what === 'journey') return json({ outcome: { status: found.status }, steps: [] })
    if (what === 'links') return json({ data: [{ href: 'https://app.example/reset' }] })
    if (what === 'codes') return json({ data: [{ code: '123456' }] })
    if (what === 'text') return answer(200, 'the text')
    return problem(404, 'not-found')
  }
  return { fetch, asked, brought }
}

function answer(status: number, text: string): Awaited<ReturnType<Fetch>> {
  return new Response(text, { status })
}

function json(value: unknown): Awaited<ReturnType<Fetch>> {
  return answer(200, JSON.stringify(value))
}

function problem(status: number, code: string): Awaited<ReturnType<Fetch>> {
  const type = `https://waybill.example/problems/${code}`
  return answer(
    status,
    JSON.stringify({ type, title: 'No', detail: 'Not here', hint: 'Look there' }),
  )
}

test('an inbox has an address that nobody else has', () => {
  const mail = new Waybill()
  assert.match(mail.inbox().address, /^[a-z2-9]{12}@inbox\.example$/)
  assert.notEqual(mail.inbox().address, mail.inbox().address)
  assert.equal(mail.inbox({ address: 'a@b.example' }).address, 'a@b.example')
  assert.match(mail.inbox({ domain: 'b.example' }).address, /@b\.example$/)
})

test('a message that is waited for comes with what tests want of it', async () => {
  const rows: MessageRow[] = []
  const { fetch } = serve(rows, () => rows.push(row({ subject: 'Password reset' })))
  const inbox = new Waybill({ fetch }).inbox({ address: 'ann@inbox.example' })
  const got = await inbox.waitFor({ subject: /RESET/i })
  assert.equal(got.subject, 'Password reset')
  assert.equal(got.links[0]?.href, 'https://app.example/reset')
  assert.deepEqual(got.codes, ['123456'])
  assert.equal(got.text, 'the text')
  assert.equal(got.html, undefined)
  assert.equal(got.journey.outcome.status, 'delivered')
})

test('what is left of a short time is waited for, no whole number of milliseconds', async () => {
  const rows: MessageRow[] = []
  const { fetch, asked } = serve(rows, () => rows.push(row()))
  const got = await new Waybill({ fetch }).waitFor({ timeout: 1999.5 })
  assert.equal(got.subject, 'Hello')
  assert.ok(asked.some((one) => one.startsWith('GET /v1/messages/wait')))
})

test('an address without its scheme is one of http', async () => {
  const { fetch } = serve([row()])
  const mail = new Waybill({ url: 'localhost:8025/', fetch })
  assert.equal(mail.url, 'http://localhost:8025')
  assert.equal(new Waybill({ url: 'https://m.example', fetch }).url, 'https://m.example')
  assert.equal((await mail.waitFor({})).subject, 'Hello')
})

test('an inbox gives each message once, in the order in which they came', async () => {
  const rows = [row({ subject: 'one' }), row({ subject: 'two' })]
  const { fetch } = serve(rows)
  const inbox = new Waybill({ fetch }).inbox({ address: 'ann@inbox.example' })
  const subjects = [await inbox.waitFor(), await inbox.waitFor()].map(({ subject }) => subject)
  assert.deepEqual(subjects, ['one', 'two'])
  await assert.rejects(inbox.waitFor({ timeout: 0 }), WaitTimeoutError)
})

test('without an inbox the newest one counts', async () => {
  const { fetch } = serve([row({ subject: 'one' }), row({ subject: 'two' })])
  const got = await new Waybill({ fetch }).waitFor({ to: 'ann@inbox.example' })
  assert.equal(got.subject, 'two')
})

test('an address is the same in any case, and an expression begins anew with each message', async () => {
  const rows = [row({ subject: 'A reset 1' }), row({ subject: 'A reset 2' })]
  const inbox = new Waybill({ fetch: serve(rows).fetch }).inbox({ address: 'Ann@Inbox.example' })
  const subject = /reset/gy
  // One that has matched would go on behind its match.
  subject.lastIndex = 5
  assert.equal((await inbox.waitFor({ subject, timeout: 0 })).subject, 'A reset 1')
  assert.equal((await inbox.waitFor({ subject, timeout: 0 })).subject, 'A reset 2')
})

test('a server that has a fault while somebody waits, or for a part of a message, is no silence', async () => {
  const there = [row()]
  const broken = (ending: string, served: Served): Fetch => {
    return async (url, asked) => {
      return new URL(url).pathname.endsWith(ending)
        ? problem(500, 'fault')
        : served.fetch(url, asked)
    }
  }
  const waits = new Waybill({ fetch: broken('/wait', serve([])) })
  await assert.rejects(waits.waitFor({ to: 'ann@inbox.example', timeout: 5000 }), { status: 500 })
  const reads = new Waybill({ fetch: broken('/text', serve(there)) })
  await assert.rejects(reads.message(there[0]?.id ?? ''), { status: 500 })
})

test('of the two sides of a letter the receiving one counts, and none that has not ended', async () => {
  const id = '<same@app.example>'
  const rows = [
    row({ direction: 'out', message_id_header: id }),
    row({ direction: 'in', message_id_header: id, subject: 'received' }),
    row({ status: 'queued' }),
  ]
  const { fetch } = serve(rows)
  const inbox = new Waybill({ fetch }).inbox({ address: 'ann@inbox.example' })
  assert.equal((await inbox.waitFor()).subject, 'received')
})

test('who waits in vain is told what came and did not fit', async () => {
  const rows = [row({ subject: 'Welcome' }), row({ rcpt_to: ['other@inbox.example'] })]
  const { fetch } = serve(rows)
  const inbox = new Waybill({ fetch }).inbox({ address: 'ann@inbox.example' })
  await assert.rejects(inbox.waitFor({ subject: 'reset', from: /shop/, timeout: 0 }), (thrown) => {
    assert.ok(thrown instanceof WaitTimeoutError)
    assert.equal(thrown.nearMisses.length, 1)
    assert.match(
      thrown.message,
      /^No message to ann@inbox\.example from \/shop\/ with the subject "reset" within 0 s\. 1 message arrived, none matched:\n {2}"Welcome" from app@app\.example to ann@inbox\.example at 2026-.* \(delivered\)$/,
    )
    return true
  })
})

test('who waits at an address that nothing came to is told what came elsewhere', async () => {
  const { fetch } = serve([row({ rcpt_to: ['anne@inbox.example'] })])
  const inbox = new Waybill({ fetch }).inbox({ address: 'ann@inbox.example' })
  await assert.rejects(
    inbox.waitFor({ timeout: 0 }),
    /Nothing arrived there\. The last that did:\n.*anne@/,
  )
})

test('what came before is not waited for', async () => {
  const old = row()
  const { fetch } = serve([old])
  const since = new Date(Date.parse(old.started_at) + 1)
  await assert.rejects(
    new Waybill({ fetch }).waitFor({ to: 'ann@inbox.example', since, timeout: 0 }),
    WaitTimeoutError,
  )
})

test('all messages come page by page', async () => {
  const rows = Array.from({ length: 5 }, () => row())
  const { fetch, asked } = serve(rows)
  const ids: string[] = []
  for await (const { id } of new Waybill({ fetch }).messages()) ids.push(id)
  assert.deepEqual(ids, rows.map(({ id }) => id).toReversed())
  assert.equal(asked.length, 3)
})

test('a letter is sent with its key, and the key of the server', async () => {
  const brought: unknown[] = []
  const fetch: Fetch = async (url, request) => {
    await Promise.resolve()
    brought.push([url, request?.method, request?.headers, request?.body])
    return json({ id: '1m8x' })
  }
  const mail = new Waybill({ url: 'http://mail.example:8025/', key: 'wb_1', fetch })
  const sent = await mail.send({ from: 'a@b.example', to: 'c@d.example' }, { idempotencyKey: 'k' })
  assert.equal(sent.id, '1m8x')
  assert.deepEqual(brought, [
    [
      'http://mail.example:8025/v1/messages',
      'POST',
      {
        accept: 'application/json',
        'idempotency-key': 'k',
        authorization: 'Bearer wb_1',
        'content-type': 'application/json',
      },
      '{"from":"a@b.example","to":"c@d.example"}',
    ],
  ])
})

test('where a letter would go is asked with its address, and whose rates are told where one says', async () => {
  const asked: string[] = []
  const found = { schema: 'waybill.route/1', targets: [{ host: 'mx.b.example', address: '::1' }] }
  const fetch: Fetch = async (url, request) => {
    await Promise.resolve()
    asked.push(`${request?.method} ${url}`)
    return json(found)
  }
  const mail = new Waybill({ url: 'http://mail.example', fetch })
  assert.deepEqual((await mail.route('c+d@b.example')).targets, found.targets)
  await mail.route('c@b.example', { from: 'a@b.example' })
  assert.deepEqual(asked, [
    'GET http://mail.example/v1/route?address=c%2Bd%40b.example',
    'GET http://mail.example/v1/route?address=c%40b.example&from=a%40b.example',
  ])
})

test('a problem is an error with its code and its hint', async () => {
  const { fetch } = serve([])
  await assert.rejects(new Waybill({ fetch }).message('none'), (thrown) => {
    assert.ok(thrown instanceof WaybillApiError)
    assert.deepEqual([thrown.status, thrown.code, thrown.hint], [404, 'not-found', 'Look there'])
    assert.equal(thrown.message, 'No: Not here\nLook there')
    return true
  })
})

test('where nobody answers, and where somebody else does, is said', async () => {
  const nobody: Fetch = () => Promise.reject(new TypeError('fetch failed'))
  await assert.rejects(
    new Waybill({ url: 'http://127.0.0.1:1', fetch: nobody }).list(),
    /No Waybill answers at http:\/\/127\.0\.0\.1:1\n.*waybill start --lab/,
  )
  const proxy: Fetch = () => Promise.resolve(answer(502, '<h1>Bad gateway'))
  await assert.rejects(new Waybill({ fetch: proxy }).list(), /HTTP 502: <h1>Bad gateway/)
})

test('the fixtures give an inbox, and a test that fails shows what it got', async () => {
  const rows = [row({ rcpt_to: [] })]
  const { fetch } = serve(rows)
  const { mail, inbox } = waybillFixtures({ fetch })
  const attached: unknown[] = []
  const run = async (status: string): Promise<void> => {
    const use = async ({ address }: { readonly address: string }): Promise<void> => {
      await Promise.resolve()
      rows.push(row({ rcpt_to: [address], id: 'got', subject: 'What came' }))
    }
    const attach = async (name: string, file: { readonly body: string }): Promise<void> => {
      await Promise.resolve()
      attached.push([name.replace(/ \S+@/, ' …@'), file.body])
    }
    await inbox({ mail }, use, { status, expectedStatus: 'passed', attach })
  }
  await run('passed')
  assert.deepEqual(attached, [])
  await run('failed')
  assert.deepEqual(attached, [['mail to …@inbox.example', 'got  delivered  What came']])
})

test("Playwright can read from the fixtures' parameters which ones they need", () => {
  // As its fixture loader does: the first parameter of a function must be an object pattern.
  assert.match(String(waybillFixtures().inbox), /^(?:async\s*)?\(\{\s*mail\s*\},/)
})
