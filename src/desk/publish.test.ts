import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { parseConfig } from '../config/config.ts'
import type { Settings } from '../config/settings.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { testFolder } from '../store/test-folder.ts'
import { publishRecords } from './publish.ts'

function settingsIn(t: TestContext, more = ''): Settings {
  const { folder, remove } = testFolder()
  t.after(remove)
  const read = parseConfig(
    `hostname = "mx.south.example"\ndomains = ["south.example", "Other.example"]\n${more}`,
  )
  assert.ok(read.type === 'settings')
  return { ...read.settings, data: folder }
}

const none = { addresses: [], now: 1000 }

test('all that DNS must say, each with its reason: names there and back, mail, its owners, keys', async (t) => {
  const settings = settingsIn(t)
  const addresses = [
    '127.0.0.1',
    '198.51.100.7',
    '10.0.0.1',
    'fe80::1',
    // An address of a protocol, and one that leads to a private one by 6to4.
    '192.0.0.8',
    '2002:a00:1::1',
    '::1',
    '2001:db8::7',
    '2001:db8::7',
  ]
  const { records, withoutKeys } = await publishRecords(settings, { addresses, now: 1000 })
  assert.deepEqual(withoutKeys, [])
  for (const { reason } of records) assert.match(reason, /^[A-Z].+\.$/)
  const rows = records.map(({ name, type, value }) => {
    return `${name} ${type} ${value.replace(/p=[A-Za-z0-9+/=" ]{20,}/, 'p=…')}`
  })
  const keys = (domain: string): readonly string[] => [
    `wb1._domainkey.${domain} TXT "v=DKIM1; k=rsa; h=sha256; p=…`,
    `wb1-ed._domainkey.${domain} TXT "v=DKIM1; k=ed25519; h=sha256; p=…`,
  ]
  const own = (domain: string): readonly string[] => [
    `${domain} MX 10 mx.south.example.`,
    `${domain} TXT "v=spf1 mx -all"`,
    `_dmarc.${domain} TXT "v=DMARC1; p=none; rua=mailto:postmaster@${domain}"`,
    `_smtp._tls.${domain} TXT "v=TLSRPTv1; rua=mailto:postmaster@${domain}"`,
    // Whether somebody serves the policy, the server cannot know.
    `_mta-sts.${domain} TXT `,
  ]
  assert.deepEqual(rows, [
    'mx.south.example A 198.51.100.7',
    '7.100.51.198.in-addr.arpa PTR mx.south.example.',
    'mx.south.example AAAA 2001:db8::7',
    `7.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa PTR mx.south.example.`,
    'mx.south.example TXT "v=spf1 a -all"',
    ...own('south.example'),
    ...own('other.example'),
    ...keys('south.example'),
    ...keys('other.example'),
  ])
  for (const { value, type } of records)
    if (type === 'TXT' && value !== '') assert.match(value, /^"[^"]{1,255}"(?: "[^"]{1,255}")*$/)
})

test('where the server listens counts, and an address that only a network knows is none', async (t) => {
  const asked = async (address: string): Promise<unknown> => {
    const { records } = await publishRecords(settingsIn(t, `[listen]\naddress = "${address}"\n`), {
      addresses: ['198.51.100.9'],
      now: 0,
    })
    return records.slice(0, 3).map(({ type, value }) => `${type} ${value}`)
  }
  assert.deepEqual(await asked('198.51.100.7'), [
    'A 198.51.100.7',
    'PTR mx.south.example.',
    'AAAA ',
  ])
  assert.deepEqual(await asked('192.168.0.1'), ['A ', 'AAAA ', 'TXT "v=spf1 a -all"'])
  assert.deepEqual(await asked('2001:db8::1'), ['A ', 'AAAA 2001:db8::1', 'PTR mx.south.example.'])
})

test('beside a server that runs, its keys are read, and those it has not made are told', async (t) => {
  const settings = settingsIn(t)
  const first = { ...settings, domains: ['south.example'] }
  const made = await publishRecords(first, none)
  const store = await openSqliteStore({ folder: settings.data })
  try {
    assert.deepEqual(await publishRecords(first, none), made)
    const { records, withoutKeys } = await publishRecords(settings, none)
    assert.deepEqual(withoutKeys, ['other.example'])
    const keys = records.filter(({ name }) => name.includes('_domainkey'))
    assert.deepEqual(
      keys,
      made.records.filter(({ name }) => name.includes('_domainkey')),
    )
    assert.equal((await store.keys.list('other.example')).length, 0, 'nothing was written')
  } finally {
    await store.close()
  }
  const { withoutKeys } = await publishRecords(settings, none)
  assert.deepEqual(withoutKeys, [], 'without a server they are made')
})

test('keys that have retired are not published, those that wait for their records are', async (t) => {
  const settings = { ...settingsIn(t), domains: ['south.example'] }
  await publishRecords(settings, none)
  const store = await openSqliteStore({ folder: settings.data })
  const [rsa, ed] = await store.keys.list('south.example')
  assert.ok(rsa !== undefined && ed !== undefined)
  await store.keys.put({ ...rsa, selector: 'wb2', createdAt: 3000, active: false })
  await store.keys.put({ ...rsa, selector: 'wb0', createdAt: 500, active: false })
  await store.close()
  const { records } = await publishRecords(settings, none)
  const selectors = records.flatMap(({ name }) => /^(\S+)\._domainkey/.exec(name)?.[1] ?? [])
  assert.deepEqual([...selectors].sort(), ['wb1', 'wb1-ed', 'wb2'])
})
