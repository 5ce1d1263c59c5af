/** python3-dkim and OpenDKIM verify what we sign, and we what they sign. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DkimVerdict, signDkim, verifyDkim } from '../../src/dkim/dkim.ts'
import { MemoryResolver } from '../../src/dns/memory-resolver.ts'
import {
  canonicalizations,
  ed25519Seed,
  keys,
  letters,
  mutate,
  records,
  signingDomain,
} from './dkim-cases.ts'
import { OpenDkim } from './opendkim.ts'
import { peersAreHere } from './peers.ts'
import { askPython, part } from './python-peer.ts'

const pythonNeeds = { pythonModules: ['dkim', 'nacl'] }
const openDkimNeeds = { programs: ['opendkim'] }
const now = Math.floor(Date.now() / 1000)
const resolver = new MemoryResolver(
  Object.fromEntries(Object.entries(records).map(([name, text]) => [name, { TXT: [text] }])),
)

interface Signed {
  readonly what: string
  readonly text: string
  readonly milter: boolean
}

/** Every letter, signed by us with every key in every form. */
const signedByUs: readonly Signed[] = letters.flatMap(({ name, text, milter }) =>
  keys.flatMap(({ type, privateKey }) =>
    canonicalizations.map((canonicalization) => {
      const key = { domain: signingDomain, selector: type, privateKey }
      const options = { keys: [key], now, canonicalization }
      const field = signDkim(Buffer.from(text, 'latin1'), options).join('')
      const what = `${name}, ${type}, ${canonicalization.header}/${canonicalization.body}`
      return { what, text: field + text, milter }
    }),
  ),
)

async function ours(text: string): Promise<DkimVerdict | undefined> {
  const [verdict] = await verifyDkim(Buffer.from(text, 'latin1'), { resolver, now })
  return verdict
}

function verifyJob(text: string): unknown {
  return { do: 'verify', message: Buffer.from(text, 'latin1').toString('base64'), records }
}

test('python3-dkim verifies our signatures, RSA and Ed25519, in every form', async (t) => {
  if (!peersAreHere(t, pythonNeeds)) return
  const answers = await askPython(
    'dkim_peer.py',
    signedByUs.map(({ text }) => verifyJob(text)),
  )
  for (const [index, { what }] of signedByUs.entries()) {
    assert.equal(part(answers[index], 'result'), true, `${what}: ${JSON.stringify(answers[index])}`)
  }
})

test('OpenDKIM verifies our signatures, RSA and Ed25519, in every form', async (t) => {
  if (!peersAreHere(t, openDkimNeeds)) return
  const peer = await OpenDkim.open(t, records)
  const signed = signedByUs.filter(({ milter }) => milter)
  const answers = await peer.verify(signed.map(({ text }) => text))
  for (const [index, { what }] of signed.entries()) {
    assert.equal(answers[index]?.pass, true, `${what}: ${answers[index]?.said}`)
  }
})

test('we verify what python3-dkim signs, RSA and Ed25519, in every form', async (t) => {
  if (!peersAreHere(t, pythonNeeds)) return
  const jobs = letters.flatMap(({ name, text }) =>
    keys.flatMap(({ type, algorithm, privateKey }) =>
      canonicalizations.map(({ header, body }) => {
        const pem = Buffer.from(privateKey).toString('base64')
        const seed = Buffer.from(ed25519Seed(privateKey)).toString('base64')
        const job = {
          do: 'sign',
          message: Buffer.from(text, 'latin1').toString('base64'),
          domain: signingDomain,
          selector: type,
          algorithm,
          key: type === 'rsa' ? pem : seed,
          canonicalization: [header, body],
        }
        return { job, text, what: `${name}, ${algorithm}, ${header}/${body}` }
      }),
    ),
  )
  const answers = await askPython(
    'dkim_peer.py',
    jobs.map(({ job }) => job),
  )
  for (const [index, { text, what }] of jobs.entries()) {
    const field = Buffer.from(String(part(answers[index], 'field')), 'base64').toString('latin1')
    const verdict = await ours(field + text)
    assert.equal(verdict?.result, 'pass', `${what}: ${JSON.stringify(verdict)}`)
  }
})

test('we verify what OpenDKIM signs, RSA and Ed25519, in every form', async (t) => {
  if (!peersAreHere(t, openDkimNeeds)) return
  const peer = await OpenDkim.open(t, records)
  for (const { name, text } of letters.filter(({ milter }) => milter)) {
    for (const { type, algorithm, privateKey } of keys) {
      for (const canonicalization of canonicalizations) {
        // OpenDKIM 2.11 folds a field for Ed25519 otherwise than it signed it; it does not verify its
        // own signatures either, unless the folding is of no matter.
        if (type === 'ed25519' && canonicalization.header === 'simple') continue
        const key = { domain: signingDomain, selector: type, algorithm, privateKey }
        const verdict = await ours((await peer.sign(text, key, canonicalization)) + text)
        const what = `${name}, ${algorithm}, ${JSON.stringify(canonicalization)}`
        assert.equal(verdict?.result, 'pass', `${what}: ${JSON.stringify(verdict)}`)
      }
    }
  }
})

/** Letters of ours with one octet changed, added or lost; the same in every run but for the keys. */
function changedLetters(count: number): readonly Signed[] {
  const short = signedByUs.filter(({ text, milter }) => milter && text.length < 3000)
  return Array.from({ length: count }, (_, seed) => {
    const one = short[seed % short.length] ?? assert.fail()
    return { ...one, text: mutate(one.text, seed) }
  })
}

/** Whether every line of the header is a field or continues one. */
function wellFormed(text: string): boolean {
  const header = text.slice(0, text.indexOf('\r\n\r\n'))
  return header.split('\r\n').every((line) => /^[ \t]|^[!-9;-~]+[ \t]*:/.test(line))
}

/** Whether each value has exactly one space before it, as a milter makes it. */
function asMiltersSeeIt(text: string): boolean {
  const header = text.slice(0, text.indexOf('\r\n\r\n'))
  return header.split('\r\n').every((line) => /^[ \t]|^[!-9;-~]+: [^ \t]/.test(line))
}

test('of changed letters python3-dkim passes the same as we', async (t) => {
  if (!peersAreHere(t, pythonNeeds)) return
  const changed = changedLetters(1000)
  const answers = await askPython(
    'dkim_peer.py',
    changed.map(({ text }) => verifyJob(text)),
  )
  let passed = 0
  for (const [index, { what, text }] of changed.entries()) {
    const verdict = await ours(text)
    const pass = verdict?.result === 'pass'
    if (pass) passed++
    // python3-dkim reads no message with a line that is no field. RFC 6376 §6.1.1 looks at the
    // signature and §3.7 at the signed fields; a line that is neither changes nothing.
    if (!wellFormed(text)) continue
    const said = JSON.stringify({ what, text, ours: verdict, theirs: answers[index] })
    assert.equal(part(answers[index], 'result'), pass, said)
  }
  assert.ok(passed > 20 && passed < 980, `${passed} passed`)
})

test('of changed letters OpenDKIM passes the same as we', async (t) => {
  if (!peersAreHere(t, openDkimNeeds)) return
  const changed = changedLetters(60)
  const peer = await OpenDkim.open(t, records)
  const answers = await peer.verify(changed.map(({ text }) => text))
  for (const [index, { what, text }] of changed.entries()) {
    const verdict = await ours(text)
    const pass = verdict?.result === 'pass'
    if (!wellFormed(text) || !asMiltersSeeIt(text)) continue
    // OpenDKIM skips what is not base64 in b= and bh=. RFC 6376 §2.10: base64string has no other
    // characters.
    if (!pass && verdict?.reason.code === 'tag-invalid') continue
    const said = JSON.stringify({ what, text, ours: verdict, theirs: answers[index] })
    assert.equal(answers[index]?.pass, pass, said)
  }
})
