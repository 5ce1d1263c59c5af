import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from './config.ts'
import type { Settings } from './settings.ts'

const head = 'hostname = "mx.example.com"\ndomains = ["example.com", "Example.NET"]\n'
const ann = '[[account]]\naddress = "ann@example.com"\naliases = ["info@example.com"]\n'
const bob = '[[account]]\naddress = "bob@example.net"\n'

function alias(address: string, to: readonly string[], more = ''): string {
  return `[[alias]]\naddress = "${address}"\nto = ${JSON.stringify(to)}\n${more}`
}

function problems(text: string): readonly string[] {
  const read = parseConfig(text)
  return read.type === 'problems' ? read.problems.map((p) => `${p.key}: ${p.problem}`) : []
}

function settings(text: string): Settings {
  const read = parseConfig(text)
  assert.ok(read.type === 'settings', JSON.stringify(read))
  return read.settings
}

test('an alias leads to several accounts, their aliases, and other aliases', () => {
  const text =
    head +
    ann +
    bob +
    alias('team@Example.com', ['INFO@example.com', 'bob@EXAMPLE.net.'], 'send = true\n') +
    alias('*@example.net', ['team@example.com'])
  assert.deepEqual(settings(text).alias, [
    { address: 'team@example.com', to: ['INFO@example.com', 'bob@example.net'], send: true },
    { address: '*@example.net', to: ['team@example.com'], send: false },
  ])
})

test('what leads nowhere is told: to strangers, in a circle, to nobody', () => {
  const table: readonly (readonly [string, readonly string[]])[] = [
    [
      alias('team@example.com', [
        'ann@example.com',
        'x@example.com',
        'y@example.com',
        'z@other.example',
      ]),
      [
        'alias[0]: "team@example.com" leads to "x@example.com", which is no account and no alias',
        'alias[0]: "team@example.com" leads to "y@example.com", which is no account and no alias',
      ],
    ],
    [
      alias('a@example.com', ['b@example.com']) + alias('b@example.com', ['A@example.com']),
      [
        'alias[0]: "a@example.com" leads back to itself and to no account',
        'alias[1]: "b@example.com" leads back to itself and to no account',
      ],
    ],
    [
      alias('a@example.com', ['b@example.com']) + alias('b@example.com', ['x@example.com']),
      ['alias[1]: "b@example.com" leads to "x@example.com", which is no account and no alias'],
    ],
    [
      alias('a@example.com', ['b@example.com', 'ann@example.com']) +
        alias('b@example.com', ['a@example.com']),
      [],
    ],
    [alias('a@example.com', []), ['alias[0].to: [] needs at least one address']],
  ]
  for (const [text, wanted] of table) assert.deepEqual(problems(head + ann + text), wanted, text)
})

test('an address is of one of the domains, and stands once', () => {
  const text =
    head +
    ann +
    '[[account]]\naddress = "Ann@EXAMPLE.com."\naliases = ["x@other.example"]\n' +
    alias('Info@example.com', ['ann@example.com']) +
    alias('z@other.example', ['ann@example.com'])
  assert.deepEqual(problems(text), [
    'account[1]: "Ann@example.com" is given twice',
    'account[1]: "x@other.example" is not in one of your domains',
    'alias[0]: "Info@example.com" is given twice',
    'alias[1]: "z@other.example" is not in one of your domains',
  ])
})

test('a catch-all is an alias and no account', () => {
  assert.deepEqual(problems(`${head}[[account]]\naddress = "*@example.com"\n`), [
    'account[0]: "*@example.com" is no address; "*" is for aliases',
  ])
})

test('what one account has wrong hides nothing of the others', () => {
  const text =
    head +
    '[[account]]\naddress = "nobody"\n[[account]]\naddress = "x@other.example"\n' +
    alias('a@example.com', ['a@example.com'])
  assert.deepEqual(problems(text), [
    'account[0].address: "nobody" is not a mail address, such as "you@example.com"',
    'account[1]: "x@other.example" is not in one of your domains',
  ])
})

test('domains and addresses are read once, into the form that mail compares', () => {
  const read = settings(`
    hostname = "MX.Bücher.example."
    domains = ["bücher.example", "Example.COM", "example.net."]
    [receive]
    trusted_forwarders = ["Forward.Example."]
    mailing_lists = ["bücher.example"]
    allow = ["Good.example"]
    [reports]
    from = "Reports@Example.COM"
    [[account]]
    address = "Kim@BÜCHER.example."
    aliases = ["*@Example.com", '"quoted"@example.net']
  `)
  assert.deepEqual(
    [read.hostname, read.domains, read.receive.trusted_forwarders, read.receive.mailing_lists],
    [
      'mx.xn--bcher-kva.example',
      ['xn--bcher-kva.example', 'example.com', 'example.net'],
      ['forward.example'],
      ['xn--bcher-kva.example'],
    ],
  )
  assert.deepEqual(
    [read.receive.allow, read.reports.from],
    [['good.example'], 'Reports@example.com'],
  )
  assert.deepEqual(read.account, [
    { address: 'Kim@xn--bcher-kva.example', aliases: ['*@example.com', 'quoted@example.net'] },
  ])
})

test('further names of the page are names, in the form in which browsers send them', () => {
  assert.deepEqual(settings(`${head}[http]\nhosts = ["Post.Bücher.example"]\n`).http.hosts, [
    'post.xn--bcher-kva.example',
  ])
  assert.deepEqual(problems(`${head}[http]\nhosts = ["a.example:8025", "https://a.example"]\n`), [
    'http.hosts[0]: "a.example:8025" is not the name of a host, such as "console.example.com"',
    'http.hosts[1]: "https://a.example" is not the name of a host, such as "console.example.com"',
  ])
})

test('a domain that is written in two ways stands twice', () => {
  assert.deepEqual(problems('hostname = "mx.a.example"\ndomains = ["a.example", "A.example."]\n'), [
    'domains[1]: "a.example" is given twice',
  ])
})

test('two listeners on one port, and a host without a name, are told with all the rest', () => {
  const text = 'hostname = "192.0.2.1"\ndomains = ["no name"]\n'
  assert.deepEqual(problems(`${text}[listen]\nsmtp = 2525\nsubmissions = 2525\n`), [
    'domains[0]: "no name" is not a domain name, such as "example.com"',
    'listen.submissions: 2525 is the port of listen.smtp already',
    'hostname: "192.0.2.1" is an address, and a name is wanted',
  ])
  assert.deepEqual(problems(`${head}[listen]\nsmtp = 465\n`), [
    'listen.submissions: 465 is the port of listen.smtp already',
  ])
  // One that is no port must not hide the others.
  assert.deepEqual(problems(`${head}[listen]\nsmtp = 465\nsubmission = 70000\n`), [
    'listen.submission: 70000 is not a port: 0 to 65535',
    'listen.submissions: 465 is the port of listen.smtp already',
  ])
  const http = (lines: string): readonly string[] => {
    return problems(`${head}[listen]\naddress = "192.0.2.1"\n[http]\nport = 25\n${lines}`)
  }
  assert.deepEqual(http(''), [])
  for (const lines of ['address = "192.0.2.1"', 'address = "::"']) {
    assert.deepEqual(http(lines), ['http.port: 25 is the port of listen.smtp already'])
  }
  // A file from before the page had a port.
  assert.deepEqual(problems(`${head}[listen]\nsmtp = 8025\n`), [])
  const free = 'smtp = 0\nsubmission = 0\nsubmissions = 0\n'
  assert.equal(settings(`${head}[listen]\n${free}`).listen.smtp, 0)
})
