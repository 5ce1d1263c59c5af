import assert from 'node:assert/strict'
import { test } from 'node:test'
import { strToU8, type Zippable, zipSync } from 'fflate'
import { defaultUnpackLimits, type UnpackLimits } from './unpack-limits.ts'
import { unzipFromFront } from './zip-front.ts'

/** A zip archive that was cut off before its directory. */
function cut(files: Zippable): Uint8Array {
  const whole = Buffer.from(zipSync(files))
  return whole.subarray(0, whole.indexOf('PK\x01\x02'))
}

function read(
  octets: Uint8Array,
  more: Partial<UnpackLimits> = {},
): { readonly files: readonly string[]; readonly problems: readonly string[] } {
  const limits = { ...defaultUnpackLimits, ...more }
  const { files, problems } = unzipFromFront(
    { name: 'f', octets },
    { limits, problem: 'it is cut' },
  )
  return {
    files: files.map((file) => `${file.name} ${Buffer.from(file.octets).toString()}`),
    problems: problems.map(({ code, text }) => `${code} ${text}`),
  }
}

const notWhole = 'archive The zip archive is not whole: it is cut.'
const two: Zippable = { 'a.xml': strToU8('<a/>'), 'b.xml': strToU8('<b/>') }

test('what is there is read, and it is said that it is not whole', () => {
  assert.deepEqual(read(cut(two)), { files: ['a.xml <a/>', 'b.xml <b/>'], problems: [notWhole] })
  const inside = cut({
    'a.xml': strToU8('<a/>'),
    'x/': new Uint8Array(0),
    '__MACOSX/a': strToU8('x'),
  })
  assert.deepEqual(read(inside), { files: ['a.xml <a/>'], problems: [notWhole] })
})

test('a file that was cut off is read as far as it goes, and nothing is made of nothing', () => {
  const long = Array.from({ length: 20_000 }, (_, i) => i).join(' ')
  const { files, problems } = read(cut({ 'a.xml': strToU8(long) }).subarray(0, 30_000))
  assert.match(files[0] ?? '', /^a\.xml 0 1 2 3/)
  assert.ok(long.startsWith((files[0] ?? '').slice(6)))
  assert.deepEqual(problems, [
    notWhole,
    'archive The zip archive cannot be unpacked: invalid zip data.',
  ])
  assert.deepEqual(read(new Uint8Array(0)).files, [])
  assert.equal(read(new Uint8Array(0)).problems.length, 2)
})

test('broken data ends the reading with the words for it', () => {
  const octets = cut(two)
  const first = Buffer.from(octets).indexOf('a.xml') + 5
  octets[first] = 7
  const { files, problems } = read(octets)
  assert.deepEqual(files, [])
  assert.deepEqual(problems.length, 2)
  assert.match(problems[1] ?? '', /^archive The zip archive cannot be unpacked: .+\.$/)
  const second = Buffer.from(octets).indexOf('b.xml') + 5
  const later = cut(two)
  later[second] = 7
  assert.deepEqual(read(later).files, ['a.xml <a/>'])
  assert.match(read(later).problems[1] ?? '', /cannot be unpacked/)
})

test('a file that is packed in another way is told of, and the others are read', () => {
  const octets = cut(two)
  octets[8] = 12
  const { files, problems } = read(octets)
  assert.deepEqual(files, ['b.xml <b/>'])
  assert.deepEqual(problems, [
    notWhole,
    'archive "a.xml" is packed in a way that is not known here.',
  ])
})

test('the limits hold, and each is said first', () => {
  const text = 'x'.repeat(1000)
  const octets = cut({ 'a.xml': strToU8(text), 'b.xml': strToU8(text) })
  const exact = read(octets, { maxOctets: 2000, freeOctets: 1000 })
  assert.deepEqual([exact.files.length, exact.problems], [2, [notWhole]])
  const all = read(octets, { maxOctets: 1999, freeOctets: 1000 })
  assert.deepEqual([all.files.length, all.problems[0]?.split(' ')[0]], [1, 'too-large'])
  const each = read(octets, { freeOctets: 999, maxRatio: 1 })
  assert.deepEqual([each.files, each.problems[0]?.split(' ')[0]], [[], 'too-large'])
  const ratio = read(octets, { freeOctets: 1, maxRatio: 200 })
  assert.equal(ratio.files.length, 2)
  const number = read(octets, { maxFiles: 1 })
  assert.deepEqual(number.files.length, 1)
  assert.deepEqual(number.problems, [notWhole, 'archive The zip archive has more than 1 files.'])
})

test('a thousand entries are looked at, whatever they are', () => {
  const folders = (count: number): Uint8Array => {
    const names = Array.from({ length: count }, (_, i) => [`${i}/`, new Uint8Array(0)] as const)
    return cut({ ...Object.fromEntries(names), 'a.xml': strToU8('<a/>') })
  }
  assert.deepEqual(read(folders(999)), { files: ['a.xml <a/>'], problems: [notWhole] })
  assert.deepEqual(read(folders(1000)).files, [])
  assert.match(read(folders(1000)).problems[1] ?? '', /more than 1000 entries/)
})

test('a bomb is stopped while it is unpacked', () => {
  const octets = cut({ 'a.xml': [new Uint8Array(60 << 20), { level: 1 }] })
  const { files, problems } = read(octets)
  assert.deepEqual(files, [])
  assert.match(problems[0] ?? '', /^too-large It would unpack to more than/)
})
