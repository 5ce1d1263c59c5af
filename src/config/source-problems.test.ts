import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from './config.ts'
import { absentAddresses } from './source-problems.ts'

const head = 'hostname = "mx.example.com"\ndomains = ["example.com"]\n'

function problems(tables: string): readonly string[] {
  const read = parseConfig(`${head}${tables}`)
  return read.type === 'problems' ? read.problems.map((p) => `${p.key}: ${p.problem}`) : []
}

function source(name: string, address: string, more = ''): string {
  return `[[source]]\nname = "${name}"\naddresses = ["${address}"]\n${more}\n`
}

test('sources that are in order are settings', () => {
  const text = `${head}
[[source]]
name = "news-1"
addresses = ["192.0.2.10", "2001:DB8:0::10"]
hostname = "Out1.example.com"
pool = "news"
weight = 2
warmup_from = "2026-12-01"
warmup_per_day = [10, 20]
[[source]]
name = "main"
addresses = ["192.0.2.11"]
[[sender]]
addresses = ["news@example.com"]
pool = "news"
[[destination]]
domains = ["*.example.net"]
pool = "default"
`
  const read = parseConfig(text)
  assert.ok(read.type === 'settings', JSON.stringify(read))
  const [first, second] = read.settings.source
  assert.deepEqual(first?.addresses, ['192.0.2.10', '2001:db8::10'])
  assert.deepEqual([first?.hostname, first?.warmup_per_day], ['out1.example.com', [10, 20]])
  assert.deepEqual([second?.pool, second?.weight, second?.hostname], ['default', 1, undefined])
})

for (const [name, tables, wanted] of [
  [
    'the same name',
    source('a', '192.0.2.1') + source('a', '192.0.2.2'),
    ['source[1].name: "a" is that of source[0].name already'],
  ],
  [
    'the same address',
    source('a', '2001:db8::1') + source('b', '2001:db8:0:0::1'),
    ['source[1].addresses[0]: "2001:db8::1" is that of source[0].addresses[0] already'],
  ],
  [
    'two addresses of a family',
    '[[source]]\nname = "a"\naddresses = ["192.0.2.1", "192.0.2.2"]',
    [
      'source[0].addresses[1]: "192.0.2.2" is a second IPv4 address: make a source of it, in the same pool',
    ],
  ],
  [
    'what is no address',
    source('a', '192.0.2'),
    ['source[0].addresses[0]: "192.0.2" is not an IP address'],
  ],
  [
    'a day that there is not',
    source('a', '192.0.2.1', 'warmup_from = "2026-02-30"'),
    ['source[0].warmup_from: "2026-02-30" is no day, such as "2026-12-01"'],
  ],
  [
    'a plan with no letters',
    source('a', '192.0.2.1', 'warmup_per_day = [10, 0]'),
    ['source[0].warmup_per_day[1]: 0 is too small: at least 1'],
  ],
  [
    'pools of no source',
    `${source('a', '192.0.2.1', 'pool = "news"')}[[sender]]\naddresses = ["x.example"]\npool = "newz"\n[[destination]]\ndomains = ["*"]\npool = "bulk-mail"`,
    [
      'sender[0].pool: "newz" is the pool of no [[source]]; did you mean "news"?',
      'destination[0].pool: "bulk-mail" is the pool of no [[source]]',
    ],
  ],
  [
    'two pools for one sender',
    `${source('a', '192.0.2.1')}${source('b', '192.0.2.2', 'pool = "news"')}[[sender]]\naccounts = ["ann@example.com"]\npool = "news"\n[[sender]]\naccounts = ["Ann@example.com"]\npool = "default"`,
    ['sender[1].pool: the account ann@example.com has the pool "news" by sender[0].pool already'],
  ],
] as const) {
  test(`refused: ${name}`, () => assert.deepEqual(problems(tables), wanted))
}

test('an address that this machine does not have is told with those that it has', () => {
  const sources = [
    { addresses: ['192.0.2.1', '2001:db8::1'] },
    undefined,
    { addresses: ['127.0.0.9'] },
  ]
  assert.deepEqual(absentAddresses(sources, ['127.0.0.1', '192.0.2.1']), [
    {
      key: 'source[0].addresses[1]',
      problem: '"2001:db8::1" is no address of this machine; it has 127.0.0.1, 192.0.2.1',
    },
  ])
  assert.equal(absentAddresses([{ addresses: ['127.0.0.9'] }], ['192.0.2.1']).length, 1)
})
