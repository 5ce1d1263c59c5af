/** Public test data that lies beside the repository on some machines; its SOURCE.md says what it is. */

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

import { parseAllDocuments } from 'yaml'

import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { ZoneName } from '../dns/zone-table.ts'
import { gatherResults, sealArc, splitMessage, verifyArc } from './arc.ts'

const folder = new URL('../../../shared/conformance/arc/', import.meta.url)
const absent = existsSync(folder) ? false : 'the conformance data is not beside this repository'

interface Scenario<Test> {
  readonly description: string
  readonly tests: Readonly<Record<string, Test>>
  readonly 'txt-records'?: Readonly<Record<string, string>>
  readonly domain?: string
  readonly sel?: string
  readonly privatekey?: string
}

interface ValidationTest {
  readonly description: string
  readonly message: string
  readonly cv: string
}

interface SigningTest {
  readonly description: string
  readonly message: string
  readonly t: number
  readonly 'sig-headers': string
  readonly 'srv-id': string
  readonly AS: string
  readonly AMS: string
  readonly AAR: string
}

function load<Test>(file: string): readonly Scenario<Test>[] {
  const text = readFileSync(new URL(file, folder), 'utf8')
  const documents = parseAllDocuments(text, { schema: 'core' })
  if (!Array.isArray(documents)) throw new Error(`${file} holds no documents`)
  return documents.map((document) => document.toJS())
}

function octets(message: string): Buffer {
  return Buffer.from(message.replace(/\r?\n/g, '\r\n'), 'utf8')
}

function resolverFor(scenario: Scenario<unknown>): MemoryResolver {
  const zone: Record<string, ZoneName> = {}
  for (const [name, text] of Object.entries(scenario['txt-records'] ?? {})) {
    zone[name.toLowerCase()] = { TXT: [text] }
  }
  return new MemoryResolver(zone)
}

/** Where RFC 8617 decides otherwise than the drafts that the data was made for. */
const sinceTheDrafts: Readonly<Record<string, { readonly cv: string; readonly rule: string }>> = {
  ams_fields_h_empty: {
    cv: 'fail',
    rule: 'RFC 6376 §5.4: "The From header field MUST be signed (that is, included in the "h=" tag)".',
  },
  ams_fields_c_na: {
    cv: 'fail',
    rule: 'RFC 6376 §3.5, c=: "OPTIONAL; default is "simple/simple"", and what was signed is relaxed.',
  },
}

test('every chain of the conformance data gets the status that it should', {
  skip: absent,
}, async (t) => {
  let count = 0
  for (const scenario of load<ValidationTest>('arc-draft-validation-tests.yml')) {
    for (const [name, { description, message, cv }] of Object.entries(scenario.tests)) {
      count++
      await t.test(`${name}: ${description}`, async () => {
        const verdict = await verifyArc(octets(message ?? ''), {
          resolver: resolverFor(scenario),
          now: 1_750_000_000,
        })
        const wanted = sinceTheDrafts[name]?.cv ?? (cv.trim().toLowerCase() || 'fail')
        assert.equal(verdict.result, wanted, JSON.stringify(verdict, null, 1))
        assert.deepEqual(JSON.parse(JSON.stringify(verdict)), verdict)
      })
    }
  }
  assert.equal(count, 175)
})

test('every message of the conformance data is sealed octet by octet as it should', {
  skip: absent,
}, async (t) => {
  let count = 0
  for (const scenario of load<SigningTest>('arc-draft-sign-tests.yml')) {
    for (const [name, given] of Object.entries(scenario.tests)) {
      count++
      await t.test(`${name}: ${given.description}`, () => {
        assert.deepEqual(seal(scenario, given).map(tagSet), expectedSets(given))
      })
    }
  }
  assert.equal(count, 17)
})

test('the messages that the data leaves out are sealed with the same tags', {
  skip: absent,
}, async (t) => {
  // Their signatures are not those of the form that the suite fixed later.
  const signed = (tag: string): boolean => tag.startsWith('b=')
  let count = 0
  for (const scenario of load<SigningTest>('unused_tests.yml')) {
    for (const [name, given] of Object.entries(scenario.tests)) {
      if (given['srv-id'] === undefined) continue
      count++
      await t.test(`${name}: ${given.description}`, () => {
        assert.deepEqual(
          seal(scenario, given).map((field) => tagSet(field).filter((tag) => !signed(tag))),
          expectedSets(given).map((tags) => tags.filter((tag) => !signed(tag))),
        )
      })
    }
  }
  assert.ok(count > 0, 'no case was read')
})

function seal(scenario: Scenario<SigningTest>, given: SigningTest): readonly string[] {
  const message = octets(given.message)
  const authservId = given['srv-id']
  const said = gatherResults(splitMessage(message).header.fields, authservId) ?? ''
  const status = /\barc=(none|pass|fail)/.exec(said)?.[1]
  const sealing = sealArc(message, {
    authservId,
    authenticationResults: said,
    domain: scenario.domain ?? '',
    selector: scenario.sel ?? '',
    privateKey: scenario.privatekey ?? '',
    chain: { result: status === 'pass' || status === 'fail' ? status : 'none' },
    now: Number(given.t),
    signedFields: given['sig-headers'].split(':'),
  })
  return sealing.type === 'sealed' ? sealing.fields : ['', '', '']
}

function expectedSets({ AS, AMS, AAR }: SigningTest): readonly (readonly string[])[] {
  return [AS, AMS, AAR].map((one) => tagSet(`:${one ?? ''}`))
}

function tagSet(field: string): readonly string[] {
  return field
    .slice(field.indexOf(':') + 1)
    .replace(/\s+/g, '')
    .split(';')
    .filter((tag) => tag !== '')
    .toSorted()
}
