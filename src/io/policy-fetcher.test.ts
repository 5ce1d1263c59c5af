import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { decodeUtf8 } from '../base/octets.ts'
import type { Result } from '../base/result.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { RecordingResolver } from '../dns/recording-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { StsTrouble } from '../mta-sts/finding.ts'
import { issueCertificate, makeAuthority } from './certificates.ts'
import { PolicyFetcher, type PolicyFetcherOptions } from './policy-fetcher.ts'
import { days, testAuthority, testCertificate } from './test-support/certificates.ts'
import { openPolicyHost, type PolicyHost } from './test-support/policy-host.ts'
import { trustContext, trustedBeside } from './trust.ts'

const domain = 'example.com'
const name = 'mta-sts.example.com'
const policy = 'version: STSv1\nmode: enforce\nmx: mail.example.com\nmax_age: 604800\n'
const zone = { [name]: { A: ['192.0.2.1'] } }
const here = new MemoryResolver(zone)

async function fetcher(
  t: TestContext,
  port: number,
  options: Partial<PolicyFetcherOptions> = {},
): Promise<PolicyFetcher> {
  const { certificate } = await testAuthority()
  const stop = new AbortController()
  t.after(() => stop.abort())
  return new PolicyFetcher({
    open: stop.signal,
    placeOf: () => ({ host: '127.0.0.1', port }),
    trust: trustContext([certificate]),
    ...options,
  })
}

type Answer = Parameters<typeof openPolicyHost>[2]

async function serve(t: TestContext, answer: Answer): Promise<PolicyHost> {
  return openPolicyHost(t, await testCertificate([name]), answer)
}

async function fetched(
  t: TestContext,
  answer: Answer,
  options: Partial<PolicyFetcherOptions> = {},
): Promise<Result<Uint8Array, StsTrouble>> {
  const { port } = await serve(t, answer)
  return (await fetcher(t, port, options)).fetch(domain, here)
}

function told(result: Result<Uint8Array, StsTrouble>): string {
  if (result.ok) return `got ${decodeUtf8(result.value)?.slice(0, 20)}`
  const { stage, text, resultType } = result.problem
  return `${stage} ${resultType}: ${text}`
}

const plain = { 'content-type': 'text/plain; charset=utf-8' }

function good(response: ServerResponse): void {
  response.writeHead(200, { ...plain, 'content-length': policy.length }).end(policy)
}

test('a policy is fetched from its one place, and octets come as they are', async (t) => {
  const host = await serve(t, good)
  const got = await (await fetcher(t, host.port)).fetch(domain, here)
  assert.ok(got.ok, told(got))
  assert.equal(decodeUtf8(got.value), policy)
  assert.deepEqual(host.asked, [`GET ${name} /.well-known/mta-sts.txt`])
})

test('a policy in pieces is whole', async (t) => {
  const got = await fetched(t, (response) => {
    response.writeHead(200, plain)
    for (const line of policy.split(/(?<=\n)/)) response.write(line)
    response.end()
  })
  assert.ok(got.ok && decodeUtf8(got.value) === policy, told(got))
})

const error = 'fetch sts-policy-fetch-error:'
const answers: readonly (readonly [string, Answer, string])[] = [
  [
    'a redirect, which is not followed',
    (response) => response.writeHead(301, { location: 'https://elsewhere.example/' }).end(),
    `${error} ${name} answers with a redirect (301) to "https://elsewhere.example/", which is not followed.`,
  ],
  [
    'nothing there',
    (response) => response.writeHead(404, plain).end(policy),
    `${error} ${name} answers with status 404, not 200.`,
  ],
  [
    'an error of the host',
    (response) => response.writeHead(500, plain).end(policy),
    `${error} ${name} answers with status 500, not 200.`,
  ],
  [
    'a part of the policy',
    (response) => response.writeHead(206, plain).end(policy),
    `${error} ${name} answers with status 206, not 200.`,
  ],
  [
    'another protocol',
    (response) => {
      response.socket?.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
      )
    },
    `${error} ${name} ended the connection without an answer.`,
  ],
  [
    'a page',
    (response) => response.writeHead(200, { 'content-type': 'text/html' }).end(policy),
    `${error} ${name} says that its policy is "text/html", not text/plain.`,
  ],
  [
    'no type',
    (response) => response.writeHead(200, {}).end(policy),
    `${error} ${name} says that its policy is "", not text/plain.`,
  ],
  [
    'gzip that nobody asked for',
    (response) => {
      response.writeHead(200, { ...plain, 'content-encoding': 'gzip' }).end(gzipSync(policy))
    },
    `${error} ${name} packs its policy ("gzip"), though nobody asked for that.`,
  ],
  [
    'an octet too much',
    (response) => {
      response.writeHead(200, { ...plain, 'content-length': 65_537 }).end('x'.repeat(65_537))
    },
    `policy sts-policy-invalid: The policy of ${name} has more than 65536 octets.`,
  ],
  [
    'an answer without end',
    (response) => {
      response.writeHead(200, plain)
      const more = (): void => void (response.write('x'.repeat(8192)) && setImmediate(more))
      response.on('drain', more)
      more()
    },
    `policy sts-policy-invalid: The policy of ${name} has more than 65536 octets.`,
  ],
  [
    'less than was announced',
    (response) => {
      response.writeHead(200, { ...plain, 'content-length': policy.length })
      response.write(policy.slice(0, 40), () => response.socket?.destroy())
    },
    `${error} ${name} ended the connection before its answer was whole.`,
  ],
  [
    'pieces without the last one',
    (response) => {
      response.writeHead(200, plain)
      response.write(policy.slice(0, 40), () => response.socket?.end())
    },
    `${error} ${name} ended the connection before its answer was whole.`,
  ],
  [
    'a policy that ends with the connection',
    ({ socket }) => {
      socket?.end(
        `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n${policy}`,
      )
    },
    `${error} ${name} says nowhere how long its policy is, so it may be cut.`,
  ],
  [
    'a connection that is reset',
    ({ socket }) => socket?.destroy(),
    `${error} The answer of ${name} broke off: socket hang up.`,
  ],
  [
    'something that is not HTTP',
    ({ socket }) => socket?.end('220 mail.example.com ESMTP\r\n'),
    `${error} The answer of ${name} broke off: Parse Error: Expected HTTP/, RTSP/ or ICE/.`,
  ],
  [
    'a head that is too long',
    (response) => response.writeHead(200, { ...plain, x: 'x'.repeat(20_000) }).end(policy),
    `${error} The answer of ${name} broke off: Parse Error: Header overflow.`,
  ],
]

for (const [what, answer, expected] of answers) {
  test(`no policy: ${what}`, async (t) => assert.equal(told(await fetched(t, answer)), expected))
}

test('who is slow is waited for so long and no longer, however much comes meanwhile', async (t) => {
  for (const slow of [
    () => undefined,
    (response: ServerResponse): void => void response.writeHead(200, plain).write('version'),
    (response: ServerResponse): void => response.writeProcessing(),
  ] satisfies readonly Answer[]) {
    const got = await fetched(t, slow, { timeoutMs: 60 })
    assert.equal(told(got), `${error} ${name} did not give its policy within 0.06 s.`)
  }
})

test('the time for all of a fetch is for DNS, too', async (t) => {
  const silent: Resolver = { resolve: () => new Promise(() => undefined) }
  const late = await fetcher(t, 9, { timeoutMs: 30 })
  assert.match(told(await late.fetch(domain, silent)), /did not give its policy within 0\.03 s/)
})

test('a certificate must be of the policy host, in time, and from somebody trusted', async (t) => {
  const stranger = await makeAuthority('Somebody else', days(-1, 1))
  const cases = [
    [await testCertificate(['example.com']), 'it is for another name'],
    [await testCertificate(['a.mta-sts.example.com']), 'it is for another name'],
    [await testCertificate([name], days(-3, -1)), 'it has expired'],
    [await testCertificate([name], days(1, 3)), 'it is not valid yet'],
    [
      await issueCertificate(stranger, [name], days(-1, 1)),
      'it comes from nobody that this server trusts',
    ],
  ] as const
  for (const [certificate, because] of cases) {
    const host = await openPolicyHost(t, certificate, good)
    const got = await (await fetcher(t, host.port)).fetch(domain, here)
    const text = `The certificate of ${name} is not valid: ${because}.`
    assert.equal(told(got), `certificate sts-webpki-invalid: ${text}`)
    assert.deepEqual(host.asked, [], 'nothing was asked of it')
  }
})

test('a certificate with a wildcard is good, and one without names is none', async (t) => {
  const wildcard = await openPolicyHost(t, await testCertificate(['*.example.com']), good)
  assert.match(told(await (await fetcher(t, wildcard.port)).fetch(domain, here)), /^got version/)
})

test('what Node trusts is trusted too, and the others beside it', async (t) => {
  const { port } = await serve(t, good)
  const { certificate } = await testAuthority()
  const beside = trustedBeside([certificate])
  assert.ok(beside.length > 1)
  assert.equal(trustContext(beside), trustContext(beside), 'made once')
  const both = await fetcher(t, port, { trust: trustContext(beside) })
  assert.match(told(await both.fetch(domain, here)), /^got version/)
  const nodeAlone = await fetcher(t, port, { trust: undefined })
  assert.match(told(await nodeAlone.fetch(domain, here)), /^certificate sts-webpki-invalid/)
})

test('what speaks no TLS is told as that', async (t) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const got = await (await fetcher(t, port)).fetch(domain, here)
  const because = 'the other side answered with something that is not TLS'
  assert.match(told(got), new RegExp(`^${error} There is no TLS with ${name}: ${because}`))
})

test('a policy host behind an alias is called by its own name', async (t) => {
  const host = await serve(t, good)
  const resolver = new MemoryResolver({
    [name]: { CNAME: 'policies.provider.example' },
    'policies.provider.example': { A: ['192.0.2.7'] },
  })
  const recorder = new RecordingResolver(resolver)
  const called: string[] = []
  const placeOf = (ip: string): { host: string; port: number } => {
    called.push(ip)
    return { host: '127.0.0.1', port: host.port }
  }
  const got = await (await fetcher(t, 0, { placeOf })).fetch(domain, recorder)
  assert.match(told(got), /^got version/)
  assert.deepEqual(called, ['192.0.2.7'])
  assert.deepEqual(
    recorder.answers.map((one) => `${one.name} ${one.type}`),
    [`${name} A`, `${name} AAAA`],
  )
})

test('addresses that must not be called are passed over, and those that do not answer', async (t) => {
  const host = await serve(t, good)
  const closed = createServer()
  closed.listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port: nobody } = closed.address() as AddressInfo
  closed.close()
  await once(closed, 'close')
  const placeOf = (ip: string): { host: string; port: number } | string => {
    if (ip === '10.0.0.1') return 'a private address'
    return { host: '127.0.0.1', port: ip === '192.0.2.2' ? nobody : host.port }
  }
  const zoneOf = (...A: string[]): MemoryResolver => new MemoryResolver({ [name]: { A } })
  const some = await fetcher(t, 0, { placeOf })
  const last = await some.fetch(domain, zoneOf('10.0.0.1', '192.0.2.2', '192.0.2.3'))
  assert.match(told(last), /^got version/)
  assert.equal(
    told(await some.fetch(domain, zoneOf('10.0.0.1', '192.0.2.2'))),
    `${error} ${name} could not be reached: 10.0.0.1 is a private address, which is not called; ` +
      `192.0.2.2: connect ECONNREFUSED 127.0.0.1:${nobody}.`,
  )
  assert.equal(told(await some.fetch(domain, zoneOf())), `${error} ${name} has no address.`)
  const failing = new MemoryResolver({ [name]: { error: 'SERVFAIL' } })
  const asked = await some.fetch(domain, failing)
  assert.equal(told(asked), `${error} DNS could not be asked for ${name}.`)
  const six = ['1', '2', '3', '4', '5'].map(() => '192.0.2.2')
  assert.equal(
    told(await some.fetch(domain, zoneOf(...six, '192.0.2.3'))).match(/ECONN/g)?.length,
    4,
  )
})

test('what is under way ends when the server does', async (t) => {
  const stop = new AbortController()
  const host = await serve(t, () => stop.abort(new Error('This server stops.')))
  const made = await fetcher(t, host.port, { open: stop.signal })
  assert.equal(told(await made.fetch(domain, here)), `${error} This server stops.`)
  assert.equal(told(await made.fetch(domain, here)), `${error} This server stops.`)
  assert.equal(host.asked.length, 1)
})
