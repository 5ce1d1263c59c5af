import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OpenAPIHono } from '@hono/zod-openapi'
import { Archives } from '../../desk/archives.ts'
import { acceptance, journey, message } from '../../store/contract-cases.ts'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import type { Api, ApiEnv } from '../api-types.ts'
import { KeptContents } from '../contents/kept-contents.ts'
import { problemOf } from '../problem.ts'
import { contentRoutes } from './content.ts'

/** The paths over one message. */
async function apiOver(...lines: readonly string[]): Promise<(path: string) => Promise<Response>> {
  const store = openMemoryStore()
  const kept = journey('JOURNEY1', { messageId: 'm1', subject: 'PIN 4711' })
  await store.post.accept(
    acceptance({ message: message('m1', lines.join('\r\n')), journeys: [kept] }),
  )
  const api: Api = new OpenAPIHono<ApiEnv>()
  api.onError((thrown, c) => c.json({ ...problemOf(thrown) }, 404))
  contentRoutes(api, new Archives([{ name: '', reads: store }]), new KeptContents())
  return async (path) => await api.request(`/v1/messages/JOURNEY1/${path}`)
}

interface PartsAnswer {
  readonly data: readonly (Readonly<
    Record<'n' | 'parent' | 'depth' | 'type' | 'name', string | number | null>
  > & { readonly charset: string | null; readonly content_id: string | null })[]
  readonly more: boolean
}

const letter = [
  'Content-Type: multipart/related; boundary=r',
  '',
  '--r',
  'Content-Type: text/html; charset=utf-8',
  '',
  '<LINK rel=preconnect href="https://spy.example"><script>steal()</script>',
  '<p>Your code: 123456 <a href="https://a.example/reset">Reset</a>',
  '<img src="cid:pic%40x"><img src="https://spy.example/p.gif">',
  '--r',
  'Content-Type: image/png',
  'Content-ID: <pic@x>',
  'Content-Transfer-Encoding: base64',
  '',
  'iVBORw==',
  '--r',
  'Content-Type: text/html',
  'Content-Disposition: attachment; filename="../evil\'s \u202e.html"',
  '',
  '<script>steal()</script>',
  '--r--',
]

test('the parts of a message, told as they are', async () => {
  const ask = await apiOver(...letter)
  const { data, more } = (await (await ask('parts')).json()) as PartsAnswer
  assert.equal(more, false)
  assert.deepEqual(
    data.map(({ n, parent, depth, type, name }) => [n, parent, depth, type, name]),
    [
      [0, null, 0, 'multipart/related', null],
      [1, 0, 1, 'text/html', null],
      [2, 0, 1, 'image/png', null],
      [3, 0, 1, 'text/html', "evil's .html"],
    ],
  )
  assert.equal(data[1]?.charset, 'utf-8')
  assert.equal(data[2]?.content_id, 'pic@x')
})

test('a part is a file to save, whatever it says that it is', async () => {
  const ask = await apiOver(...letter)
  const picture = await ask('parts/2')
  assert.equal(picture.headers.get('content-type'), 'image/png')
  assert.deepEqual(
    Array.from(new Uint8Array(await picture.arrayBuffer())),
    [0x89, 0x50, 0x4e, 0x47],
  )
  const page = await ask('parts/3')
  assert.equal(page.headers.get('content-type'), 'application/octet-stream')
  assert.equal(
    page.headers.get('content-disposition'),
    'attachment; filename="part-3"; filename*=UTF-8\'\'evil%27s%20.html',
  )
  assert.match(page.headers.get('content-security-policy') ?? '', /sandbox/)
  assert.equal((await ask('parts/4')).status, 404)
})

test('HTML is shown under a policy that fetches nothing, with the pictures that came along', async () => {
  const ask = await apiOver(...letter)
  const shown = await ask('html')
  const policy = shown.headers.get('content-security-policy') ?? ''
  assert.match(policy, /^sandbox; default-src 'none'; img-src data:;/)
  assert.doesNotMatch(policy, /https?:|script|allow-|unsafe-eval|'self'(?!$)/)
  const html = await shown.text()
  assert.ok(html.includes('<img src="data:image/png;base64,iVBORw==">'))
  assert.doesNotMatch(html, /<link/i)
  const remote = await ask('html?remote=1')
  assert.match(remote.headers.get('content-security-policy') ?? '', /img-src data: https: http:/)
  assert.doesNotMatch(remote.headers.get('content-security-policy') ?? '', /script-src|allow-/)
})

test('text, links and codes', async () => {
  const ask = await apiOver(...letter)
  assert.match(await (await ask('text')).text(), /^Your code: 123456 Reset/)
  assert.match((await ask('text')).headers.get('content-type') ?? '', /^text\/plain/)
  assert.deepEqual(await (await ask('links')).json(), {
    data: [{ href: 'https://a.example/reset', text: 'Reset' }],
  })
  assert.deepEqual(await (await ask('codes')).json(), {
    data: [{ code: '4711' }, { code: '123456' }],
  })
})

test('a message without HTML has none to show', async () => {
  const ask = await apiOver('', 'plain')
  assert.equal((await ask('html')).status, 404)
  assert.equal(await (await ask('text')).text(), 'plain')
})
