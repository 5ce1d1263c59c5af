import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from './config.ts'

function problems(routes: string): readonly string[] {
  const text = `hostname = "mx.example.com"\ndomains = ["example.com"]\n${routes}`
  const read = parseConfig(text)
  return read.type === 'problems' ? read.problems.map((p) => `${p.key}: ${p.problem}`) : []
}

const good = `
[[route]]
domains = ["*", "*.corp.example", "Bücher.example"]
via = "smtp://relay.example:587"
username = "u"
password_file = "/etc/waybill/relay"
tls = "required"
[[route]]
domains = ["example.com"]
via = "lmtp:/run/dovecot/lmtp"
`

test('routes that are in order are settings', () => {
  assert.deepEqual(problems(good), [])
  const read = parseConfig(`hostname = "mx.example.com"\ndomains = ["example.com"]\n${good}`)
  assert.ok(read.type === 'settings')
  const [first, second] = read.settings.route
  assert.deepEqual(first?.domains, ['*', '*.corp.example', 'xn--bcher-kva.example'])
  assert.deepEqual(second?.via, { host: '/run/dovecot/lmtp', port: 0, protocol: 'lmtp' })
})

for (const [name, settings, wanted] of [
  [
    'a server that is none',
    'domains = ["*"]\nvia = "relay.example"',
    [
      'route[0].via: "relay.example" is no server, such as "smtp://host:587", "smtps://host" or "lmtp:/path"',
    ],
  ],
  [
    'a name in the server',
    'domains = ["*"]\nvia = "smtp://u@relay.example"',
    ['route[0].via: "smtp://u@relay.example" holds a name; it belongs into "username"'],
  ],
  [
    'domains that are none',
    'domains = ["*example.com"]\nvia = "smtp://relay.example"',
    [
      'route[0].domains[0]: "*example.com" is no domain, such as "example.com", "*.example.com" or "*"',
    ],
  ],
  [
    'no domains',
    'domains = []\nvia = "smtp://relay.example"',
    ['route[0].domains: [] needs at least one domain, or "*"'],
  ],
  [
    'a name without a password',
    'domains = ["*"]\nvia = "smtp://relay.example"\nusername = "u"',
    ['route[0].username: "u" needs "password_file" beside it'],
  ],
  [
    'a password without a name',
    'domains = ["*"]\nvia = "smtp://relay.example"\npassword_file = "/p"',
    ['route[0].password_file: "/p" is of no use without "username"'],
  ],
  [
    'a password that may go in clear text',
    'domains = ["*"]\nvia = "smtp://relay.example"\nusername = "u"\npassword_file = "/p"\ntls = "opportunistic"',
    [
      'route[0].tls: "opportunistic" does not go with "username": a password goes over TLS only: write "verified", or "required" for any certificate',
    ],
  ],
  [
    'a login at a socket',
    'domains = ["*"]\nvia = "lmtp:/run/lmtp"\nusername = "u"\npassword_file = "/p"',
    ['route[0].username: "u": a socket has no TLS, and no password goes without'],
  ],
  [
    'TLS at a socket',
    'domains = ["*"]\nvia = "lmtp:/run/lmtp"\ntls = "required"',
    ['route[0].tls: "required": a socket has no TLS'],
  ],
  [
    'a way back to this server',
    'domains = ["*"]\nvia = "smtp://127.0.0.1"',
    [
      'route[0].via: "smtp://127.0.0.1:25" leads back to this server: it is the port of listen.smtp',
    ],
  ],
  [
    'a way back to this server by its name',
    'domains = ["*"]\nvia = "smtp://mx.example.com:587"',
    [
      'route[0].via: "smtp://mx.example.com:587" leads back to this server: it is the port of listen.submission',
    ],
  ],
  [
    'a domain twice',
    'domains = ["a.example", "A.example"]\nvia = "smtp://relay.example"',
    ['route[0].domains[1]: "a.example" is in route[0].domains[0] already'],
  ],
  [
    'a key that is none',
    'domains = ["*"]\nvia = "smtp://relay.example"\npassword = "x"',
    ['route[0].password: is no setting; did you mean "password_file"?'],
  ],
] as const) {
  test(`${name} is told`, () => assert.deepEqual(problems(`[[route]]\n${settings}`), wanted))
}

test('another server on this machine is no way back', () => {
  assert.deepEqual(problems('[[route]]\ndomains = ["*"]\nvia = "smtp://127.0.0.1:2525"'), [])
  assert.deepEqual(problems('[[route]]\ndomains = ["*"]\nvia = "lmtp://127.0.0.1:25"'), [])
})
