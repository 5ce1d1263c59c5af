import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test, type TestContext } from 'node:test'
import { silent } from '../base/log.ts'
import { testFolder } from '../store/test-folder.ts'
import { openLabConsole } from './console.ts'
import { openLab } from './lab.ts'
import { findSituation } from './situations.ts'
import { labTools } from './tools.ts'

const free = { smtp: 0, submission: 0, submissions: 0, dns: 0 } as const

/** A lab with a letter of each named situation, and how its API is asked. */
async function labWith(t: TestContext, ...situations: readonly string[]): Promise<Ask> {
  const report = (problem: unknown): void => assert.fail(String(problem))
  const { folder, remove } = testFolder()
  const lab = await openLab({ folder, log: silent, report, ports: free, taken: 'strict' })
  const page = `${folder}/nowhere`
  const about = { folder, port: 0, version: '1.2.3', page, report } as const
  const console = await openLabConsole(lab, { ...about, taken: 'strict' })
  t.after(async () => {
    await console.close()
    await lab.close()
    remove()
  })
  for (const name of situations) await findSituation(name)?.run(labTools(lab))
  return (path, headers = {}) => {
    return new Promise((resolve, reject) => {
      const asked = request(
        { port: console.http, host: '127.0.0.1', path, headers },
        (response) => {
          let text = ''
          response.setEncoding('utf8').on('data', (more: string) => (text += more))
          response.on('end', () => {
            const { statusCode: status = 0, headers: said } = response
            const isJson = /json/.test(said['content-type'] ?? '')
            resolve({ status, headers: said, text, json: isJson ? JSON.parse(text) : {} })
          })
        },
      )
      asked.on('error', reject).end()
    })
  }
}

interface Said {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  readonly json: Json
}

/** JSON as it is looked at here: members by name, whatever they are. */
interface Json {
  readonly data: readonly Json[]
  readonly [member: string]: unknown
}

type Ask = (path: string, headers?: Readonly<Record<string, string>>) => Promise<Said>

test('both servers are one list, and its pages hold every row once', async (t) => {
  const ask = await labWith(t, 'hello', 'forged')
  const { json: whole } = await ask('/v1/messages')
  const sites = whole.data.map((row) => row['site'])
  assert.deepEqual(sites, ['south', 'south', 'north'])
  const [forged, hello] = whole.data
  assert.ok(forged && hello)
  assert.deepEqual(forged['checks'], { spf: 'fail', dkim: 'none', dmarc: 'fail', tls: 'TLSv1.3' })
  assert.deepEqual(forged['outcome'], { word: 'refused', code: 550, enhanced: '5.7.1' })
  assert.deepEqual(hello['checks'], {
    spf: 'pass',
    dkim: 'pass',
    dmarc: 'pass',
    tls: 'TLSv1.3',
  })
  assert.deepEqual([whole['has_more'], whole['next']], [false, null])

  const paged: unknown[] = []
  for (let after = ''; ; ) {
    const { json: page } = await ask(`/v1/messages?limit=1${after}`)
    paged.push(...page.data)
    if (!page['has_more']) break
    after = `&after=${String(page['next'])}`
  }
  assert.deepEqual(paged, whole.data)
})

test('one message is there in short, as its journey and as its octets', async (t) => {
  const ask = await labWith(t, 'hello')
  const { json: row } = await ask('/v1/messages/last')
  const id = String(row['id'])
  const { json: journey, text } = await ask(`/v1/messages/${id}/journey`)
  assert.equal(journey['schema'], 'waybill.journey/1')
  assert.equal(journey['id'], id)
  assert.equal(text, JSON.stringify(journey))
  const raw = await ask(`/v1/messages/${id}/raw`)
  assert.equal(raw.headers['content-type'], 'message/rfc822')
  assert.equal(String(Buffer.byteLength(raw.text)), raw.headers['content-length'])
  assert.match(raw.text, /^Return-Path: <sender@north\.example>\r\n/)
})

test('what is not there, not understood or not ours is a problem that says so', async (t) => {
  const ask = await labWith(t)
  for (const [path, status, kind] of [
    ['/v1/messages/abcd1234', 404, 'not-found'],
    ['/v1/messages?q=fro:anna', 400, 'usage'],
    ['/v1/messages?limit=0', 400, 'usage'],
    ['/v1/messages?after=x', 400, 'usage'],
    ['/v1/nothing', 404, 'no-path'],
  ] as const) {
    const { status: got, json, headers } = await ask(path)
    assert.equal(got, status, path)
    assert.equal(headers['content-type'], 'application/problem+json')
    assert.equal(json['type'], `https://waybill.example/problems/${kind}`, path)
    assert.equal(json['status'], status)
    assert.notEqual(json['detail'], '')
  }
})

test('the lab takes its key or none, no other key, and no strange name', async (t) => {
  const ask = await labWith(t)
  const { json } = await ask('/v1/session')
  const scopes = ['read', 'send', 'manage']
  assert.deepEqual(json, { mode: 'lab', who: 'lab', account: null, scopes, version: '1.2.3' })
  const known = await ask('/v1/session', { authorization: 'Bearer wb_lab_local' })
  assert.equal(known.status, 200)
  assert.equal((await ask('/v1/session', { authorization: 'Bearer wb_live_x' })).status, 401)
  assert.equal((await ask('/v1/session', { host: 'evil.example' })).status, 421)
  assert.equal((await ask('/', { host: 'evil.example' })).status, 421)
})

test('every path of a page is the page, under a policy that runs no script of others', async (t) => {
  const ask = await labWith(t)
  for (const path of ['/', '/messages/abcd', '/queue']) {
    const { status, text, headers } = await ask(path)
    assert.equal(status, 200)
    assert.match(text, /The page is not built/)
    assert.match(
      String(headers['content-security-policy']),
      /^default-src 'none'; script-src 'self'/,
    )
  }
  assert.equal((await ask('/assets/..%2f..%2fpackage.json')).status, 404)
  assert.equal((await ask('/assets/none.js')).status, 404)
})
