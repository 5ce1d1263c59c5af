import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { test } from 'node:test'

import fc from 'fast-check'
import { arc, sealMessage } from 'mailauth/lib/arc/index.js'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'

import { type ArcVerdict, verifyArc } from './arc.ts'
import { craftSet, letter, octets, testKey, zoneOf } from './test-support/chains.ts'

const now = Math.floor(Date.now() / 1000)
const pairs = [testKey('ed25519'), testKey('rsa')] as const

async function theirs(message: string, record: string): Promise<string> {
  const resolver = (name: string): Promise<string[][]> => {
    if (/^s1\._domainkey\.hop\d+\.example$/.test(name)) return Promise.resolve([[record]])
    return Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }))
  }
  const options = { resolver, strict: true }
  const { arc: data } = await dkimVerify(Buffer.from(octets(message)), options)
  // Its types say of no field of `data` that it may be undefined, and its own `data` has such.
  const made: unknown = await Reflect.apply(arc, undefined, [data, options])
  assert.ok(typeof made === 'object' && made !== null && 'status' in made)
  const { status } = made
  assert.ok(typeof status === 'object' && status !== null && 'result' in status)
  return String(status.result)
}

/** The header lines that are neither a field nor the continuation of one. */
function malformedLines(message: string): number {
  const header = message.slice(0, message.indexOf('\r\n\r\n'))
  const lines = header.split('\r\n')
  const first = /^[ \t]/.test(lines[0] ?? '') ? 1 : 0
  return first + lines.filter((line) => !/^[ \t]|^[!-9;-~]+[ \t]*:/.test(line)).length
}

/** Why we and mailauth 7 may differ, and what decides. */
function explanation(message: string, ours: ArcVerdict): string | undefined {
  // mailauth takes such a line as part of the field above. RFC 5322 §2.2.3: only a line that begins
  // with white space continues a field.
  if (malformedLines(message) > 0) return 'a line that is no field'
  if (ours.result !== 'fail') return undefined
  const { code, field } = ours.reason
  // mailauth skips what is not base64. RFC 6376 §2.10: base64string has no other characters.
  if (code === 'tag-invalid') return 'not base64'
  // mailauth reads `i=1` anywhere in a list it cannot read otherwise.
  if (code === 'field-syntax' && field !== null) return 'not a tag list'
  return undefined
}

test('mutated chains get the status that mailauth gives them, or an RFC says why not', async () => {
  const octet = fc.constantFrom(...Array.from(' \t;=:abDKIM.0+/,"(1'))
  const chains = pairs.flatMap(({ key, record }) =>
    [1, 2].map((hops) => {
      let text = letter
      for (let instance = 1; instance <= hops; instance++) {
        const t = { t: String(now) }
        text = craftSet(text, { instance, key, seal: t, message: t })
      }
      return { text, record }
    }),
  )
  const seen = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...chains),
      fc.nat(3000),
      octet,
      // Where nothing is changed both must see a whole chain.
      fc.constantFrom('change', 'add', 'lose', 'keep'),
      async ({ text, record }, seed, added, how) => {
        const at = seed % text.length
        // Bare line ends are another matter: mailauth makes CRLF of them.
        if (/[\r\n]/.test(text.charAt(at))) return
        const put = how === 'change' || how === 'add' ? added : ''
        const taken = how === 'change' || how === 'lose' ? 1 : 0
        const message = text.slice(0, at) + put + text.slice(at + taken)
        const ours = await verifyArc(octets(message), { resolver: zoneOf(record, 2), now })
        // mailauth throws at `c=relaxed//relaxed`. RFC 8617 §5.2.1: any error is a fail.
        const expected = await theirs(message, record).catch(() => 'fail')
        seen.set(ours.result, (seen.get(ours.result) ?? 0) + 1)
        if (expected === ours.result) return
        seen.set('explained', (seen.get('explained') ?? 0) + 1)
        assert.ok(
          explanation(message, ours) !== undefined,
          JSON.stringify({ message, ours, expected }),
        )
      },
    ),
    { numRuns: 400 },
  )
  assert.ok((seen.get('pass') ?? 0) > 10 && (seen.get('fail') ?? 0) > 10)
  assert.ok(
    (seen.get('explained') ?? 0) < 100,
    `${seen.get('explained')} differ and were explained`,
  )
})

test('chains in which both seal pass for both', async () => {
  const { key, record } = testKey('rsa')
  assert.equal(createPublicKey(key).asymmetricKeyType, 'rsa')
  let text = letter
  for (let instance = 1; instance <= 4; instance++) {
    const times = { t: String(now) }
    if (instance % 2 === 1) text = craftSet(text, { instance, key, seal: times, message: times })
    else {
      const set = await sealMessage(Buffer.from(octets(text)), {
        signingDomain: `hop${instance}.example`,
        selector: 's1',
        privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
        algorithm: 'rsa-sha256',
        canonicalization: 'relaxed/relaxed',
        signTime: new Date(now * 1000),
        authResults: `hop${instance}.example; spf=pass`,
        cv: 'pass',
        i: instance,
      })
      text = `${set.toString()}${text}`
    }
    const ours = await verifyArc(octets(text), { resolver: zoneOf(record, 4), now })
    assert.equal(ours.result, 'pass', JSON.stringify(ours))
    assert.equal(await theirs(text, record), 'pass')
  }
})
