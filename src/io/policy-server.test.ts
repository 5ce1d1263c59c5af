import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeUtf8 } from '../base/octets.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { PolicyFetcher } from './policy-fetcher.ts'
import { openPolicyServer } from './policy-server.ts'
import { testAuthority, testCertificate } from './test-support/certificates.ts'
import { trustContext } from './trust.ts'

test('a policy host has the policies of its domains, and nothing else', async (t) => {
  const names = ['mta-sts.a.example', 'mta-sts.b.example'] as const
  const server = await openPolicyServer(await testCertificate([...names]), {
    'mta-sts.a.example': 'version: STSv1\n',
  })
  t.after(() => server.close())
  const { certificate } = await testAuthority()
  const fetcher = new PolicyFetcher({
    placeOf: () => ({ host: '127.0.0.1', port: server.port }),
    trust: trustContext([certificate]),
  })
  const zone = Object.fromEntries(names.map((name) => [name, { A: ['192.0.2.1'] }]))
  const fetched = async (domain: string): Promise<string | undefined> => {
    const result = await fetcher.fetch(domain, new MemoryResolver(zone))
    return result.ok ? decodeUtf8(result.value) : result.problem.text
  }
  assert.equal(await fetched('a.example'), 'version: STSv1\n')
  assert.equal(await fetched('b.example'), 'mta-sts.b.example answers with status 404, not 200.')
})
