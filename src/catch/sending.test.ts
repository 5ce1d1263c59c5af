import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { silent } from '../base/log.ts'
import { Waybill, WaybillApiError } from '../client/client.ts'
import { testFolder } from '../store/test-folder.ts'
import { openCatcher } from './catcher.ts'
import { openCatcherConsole } from './console.ts'

interface Answer {
  readonly status: number
  readonly json: Readonly<Record<string, unknown>>
}

async function open(t: TestContext): Promise<{
  readonly mail: Waybill
  readonly ask: (path: string, method: string, body: unknown) => Promise<Answer>
}> {
  const { folder, remove } = testFolder()
  const report = (problem: unknown, where: string): never =>
    assert.fail(`${where}: ${String(problem)}`)
  const taken = 'strict'
  const ports = { smtp: 0, submission: 0, submissions: 0 }
  const catcher = await openCatcher({ folder, ports, taken, faults: [], log: silent, report })
  const options = { folder, port: 0, version: '1', page: folder, taken, report } as const
  const http = await openCatcherConsole(catcher, options)
  t.after(async () => {
    await http.close()
    await catcher.close()
    remove()
  })
  const url = `http://127.0.0.1:${http.http}`
  const ask = async (path: string, method: string, body: unknown): Promise<Answer> => {
    const answer = await fetch(`${url}${path}`, {
      method,
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', connection: 'close' },
    })
    return { status: answer.status, json: JSON.parse(await answer.text()) as Answer['json'] }
  }
  return { mail: new Waybill({ url }), ask }
}

test('whatever is sent to a catcher over HTTP is caught, with its files and names', async (t) => {
  const { mail, ask } = await open(t)
  const { status, json } = await ask('/v1/messages', 'POST', {
    from: '"Ümlaut, Inc." <app@app.example>',
    to: ['Bén <ben@inbox.example>', 'jü@bücher.example'],
    subject: 'Grüße',
    html: '<a href="https://app.example/x">go</a><img src="cid:logo">',
    headers: { 'List-Unsubscribe': '<https://app.example/off>' },
    attachments: [
      { filename: 'Übersicht.txt', content: 'SGVsbG8K' },
      { filename: 'logo.png', content: 'AAAA', content_type: 'image/png', content_id: 'logo' },
    ],
    tags: { kind: 'welcome' },
  })
  assert.equal(status, 202)
  const caught = await mail.message(String(json['id']))
  assert.deepEqual([caught.status, caught.subject], ['delivered', 'Grüße'])
  assert.equal(caught.links[0]?.href, 'https://app.example/x')
  const raw = new TextDecoder().decode(await caught.raw())
  assert.match(raw, /^From: =\?UTF-8\?Q\?=C3=9Cmlaut=2C_Inc=2E\?= <app@app\.example>\r$/m)
  assert.match(raw, /^List-Unsubscribe: <https:\/\/app\.example\/off>\r$/m)
  assert.match(raw, /^X-Waybill-Tags: kind=welcome\r$/m)
  assert.match(raw, /filename\*0\*=utf-8''%C3%9Cbersicht\.txt/)
  assert.match(raw, /Content-ID: <logo>/)
})

test('nothing in a member becomes a field of its own', async (t) => {
  const { mail, ask } = await open(t)
  const good = { from: 'a@app.example', to: 'b@inbox.example' }
  const evil = 'x\r\nBcc: evil@x.example'
  const cases: readonly (readonly [object, string])[] = [
    [{ from: `${evil} <a@app.example>` }, '/from'],
    [{ to: evil }, '/to'],
    [{ reply_to: [evil] }, '/reply_to/0'],
    [{ subject: evil }, '/subject'],
    [{ headers: { 'X-A': evil } }, '/headers/X-A'],
    [{ headers: { 'X-A\r\nBcc': 'e@x.example' } }, '/headers/X-A\r\nBcc'],
    [{ headers: { Bcc: 'e@x.example' } }, '/headers/Bcc'],
    [{ headers: { 'DKIM-Signature': 'v=1' } }, '/headers/DKIM-Signature'],
    [{ attachments: [{ filename: evil, content: '' }] }, '/attachments/0/filename'],
    [
      { attachments: [{ filename: 'x', content: '', content_type: 'text/plain\r\nX: y' }] },
      '/attachments/0/content_type',
    ],
    [{ attachments: [{ filename: 'x', content: '!' }] }, '/attachments/0/content'],
    [{ envelope_from: 'a@b@c' }, '/envelope_from'],
    [{ to: [] }, '/to'],
  ]
  for (const [change, pointer] of cases) {
    const { status, json } = await ask('/v1/messages', 'POST', { ...good, ...change })
    assert.equal(status, 422, pointer)
    const errors = json['errors'] as readonly { readonly pointer: string }[]
    assert.deepEqual(
      errors.map((one) => one.pointer),
      [pointer],
    )
  }
  assert.deepEqual((await mail.list()).data, [])
})

/** A refusal is answered while its journey is being written: asked again until it is there. */
async function written<T>(read: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await read()
    } catch (problem) {
      if (!(problem instanceof WaybillApiError) || problem.status !== 404) throw problem
    }
  }
}

test('a fault that is set for its port strikes what is sent over HTTP too', async (t) => {
  const { mail, ask } = await open(t)
  const letter = { from: 'a@app.example', to: 'b@inbox.example' }
  const faults = [
    [{ stage: 'connect', code: 421 }, 503],
    [{ stage: 'sender', code: 550 }, 422],
    [{ stage: 'recipient', code: 550 }, 422],
    [{ stage: 'data', code: 451 }, 503],
    [{ stage: 'data', drop: true }, 503],
  ] as const
  for (const [fault, status] of faults) {
    const data = [{ probability: 100, code: null, ...fault }]
    assert.equal((await ask('/v1/catch/faults', 'PUT', { data })).status, 200)
    const answer = await ask('/v1/messages', 'POST', letter)
    assert.equal(answer.status, status, JSON.stringify(fault))
    const { journey } = await written(() => mail.message(String(answer.json['journey'])))
    assert.ok(journey.steps.some(({ id }) => id === 'fault'))
  }
  assert.equal((await ask('/v1/messages?dry_run=true', 'POST', letter)).status, 200)
})

test('a blind copy is in nobody’s copy, however long the lines beside it', async (t) => {
  const { ask, mail } = await open(t)
  const long = `X-Long: ${'x'.repeat(2000)}`
  const text = `Bcc: one@inbox.example\n${long}\nFrom: a@app.example\nTo: b@inbox.example\nBcc: two@inbox.example\n\nHi\n`
  const { status, json } = await ask('/v1/messages', 'POST', { raw: btoa(text) })
  assert.equal(status, 202)
  const raw = new TextDecoder().decode(await (await mail.message(String(json['id']))).raw())
  const [, sent = ''] = raw.split(/(?=X-Long)/)
  const kept = `${long}\nFrom: a@app.example\nTo: b@inbox.example\n\nHi\n`
  assert.equal(sent, kept.replace(/\n/g, '\r\n'))
  assert.equal((json['recipients'] as readonly unknown[]).length, 3)
})

test("Mailpit's way of sending is understood, and its id is that of the letter", async (t) => {
  const { ask, mail } = await open(t)
  const { status, json } = await ask('/api/v1/send', 'POST', {
    From: { Email: 'app@app.example', Name: 'The "App"' },
    To: [{ Email: 'ann@inbox.example', Name: 'Ann' }],
    Bcc: ['hidden@inbox.example'],
    Subject: 'Hello',
    Text: 'Hi',
    Headers: { 'X-IP': '1.2.3.4' },
    Tags: ['one', 'two'],
    Attachments: [{ Filename: 'a.txt', Content: 'SGk=', ContentType: '', ContentID: '' }],
  })
  assert.equal(status, 200)
  const raw = new TextDecoder().decode(await (await mail.message(String(json['ID']))).raw())
  assert.match(raw, /^From: "?The \\?"App\\?""? <app@app\.example>\r$/m)
  assert.match(raw, /^X-Tags: one, two\r$/m)
  assert.doesNotMatch(raw, /hidden@/)
  const wrong = await ask('/api/v1/send', 'POST', { From: { Email: 'x' }, To: [] })
  assert.equal(wrong.status, 400)
  assert.match(String(wrong.json['Error']), /is no address/)
  assert.equal((await ask('/api/v1/send', 'POST', {})).status, 400)
})
