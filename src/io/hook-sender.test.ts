import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { test, type TestContext } from 'node:test'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'
import { HookSender } from './hook-sender.ts'
import { testAuthority, testCertificate } from './test-support/certificates.ts'
import { openPolicyHost } from './test-support/policy-host.ts'
import { trustContext } from './trust.ts'

async function serve(t: TestContext, answer: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => answer(response))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return `http://127.0.0.1:${address.port}/`
}

const asked = { headers: {}, body: '{}' }
const anywhere = { reach: { type: 'anywhere' } } as const

test('of an endless answer only the beginning is read', async (t) => {
  const url = await serve(t, (response) => {
    response.writeHead(200)
    const more = (): void => void (response.write('x'.repeat(65_536)) && setImmediate(more))
    response.on('drain', more)
    more()
  })
  const { status, text } = await new HookSender(anywhere).send({ ...asked, url })
  assert.equal(status, 200)
  assert.ok(text.length <= 500)
})

test('who does not answer is waited for so long and no longer', async (t) => {
  const url = await serve(t, () => undefined)
  const sender = new HookSender({ ...anywhere, timeoutMs: 50 })
  const { status, text } = await sender.send({ ...asked, url })
  assert.deepEqual([status, text], [0, 'There was no answer within 0.05 s.'])
})

test('an answer that is none ends at once', async (t) => {
  const url = await serve(t, ({ socket }) => {
    socket?.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n')
  })
  const { status, text } = await new HookSender(anywhere).send({ ...asked, url })
  assert.deepEqual([status, text], [0, 'The connection ended without an answer.'])
})

test('the time for all of a request is for DNS, too', async () => {
  const resolver: Resolver = { resolve: () => new Promise(() => undefined) }
  const reach = { type: 'outside', resolver } as const
  const late = new HookSender({ reach, timeoutMs: 50 })
  const url = 'https://silent.example/'
  assert.equal((await late.send({ ...asked, url })).text, 'There was no answer within 0.05 s.')
  const stopped = new HookSender({ reach })
  const answer = stopped.send({ ...asked, url })
  stopped.close()
  assert.equal((await answer).text, 'The server stops.')
})

test('what is under way ends when the server does', async (t) => {
  const sender = new HookSender(anywhere)
  const url = await serve(t, () => sender.close())
  assert.equal((await sender.send({ ...asked, url })).status, 0)
})

test('only addresses of the internet are called, also those that a name leads to', async () => {
  const resolver = new MemoryResolver({
    'inside.example': { A: ['10.0.0.1'], AAAA: ['::1'] },
    'mapped.example': { AAAA: ['::ffff:127.0.0.1'] },
  })
  const sender = new HookSender({ reach: { type: 'outside', resolver } })
  const urls = [
    'http://inside.example/',
    'https://inside.example/',
    'https://mapped.example/',
    'https://nobody.example/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://[::1]/',
    'https://[::ffff:a00:1]/',
    'https://[64:ff9b::a00:1]/',
    'https://169.254.169.254/latest/',
  ]
  for (const url of urls) {
    const { status, text } = await sender.send({ ...asked, url })
    assert.equal(status, 0, url)
    assert.match(text, /addresses of the internet|Only https/, url)
  }
})

test('octets arrive as they are, at a host whose authority is trusted', async (t) => {
  const body = Uint8Array.of(0x1f, 0x8b, 0, 255, 13, 10)
  const got: Buffer[] = []
  const { port } = await openPolicyHost(
    t,
    await testCertificate(['localhost']),
    (response, request) => {
      request.on('data', (piece: Buffer) => got.push(piece))
      request.on('end', () => response.writeHead(201).end())
    },
  )
  const request = { url: `https://localhost:${port}/v1`, headers: {}, body }
  const stranger = await new HookSender(anywhere).send(request)
  assert.equal(stranger.status, 0)
  assert.equal(got.length, 0, 'nothing was sent to who is not trusted')
  const trust = trustContext([(await testAuthority()).certificate])
  const { status } = await new HookSender({ ...anywhere, trust }).send(request)
  assert.equal(status, 201)
  assert.deepEqual(new Uint8Array(Buffer.concat(got)), body)
})
