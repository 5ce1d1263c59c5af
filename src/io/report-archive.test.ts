import { test } from 'node:test'
import assert from 'node:assert/strict'
import { deflateRawSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { strToU8, zipSync } from 'fflate'
import { defaultUnpackLimits, gzipReport, unpackReport } from './report-archive.ts'

const xml = `<feedback>${Array.from({ length: 1000 }, (_, i) => i).join(' ')}</feedback>`
const packed = new Uint8Array(gzipSync(xml))
const zipped = zipSync({ 'a.xml': strToU8(xml) })

function unpack(octets: Uint8Array, name = 'r.xml.gz'): ReturnType<typeof unpackReport> {
  return unpackReport({ name, octets })
}

function texts(octets: Uint8Array): readonly string[] {
  return unpack(octets).files.map((file) => Buffer.from(file.octets).toString())
}

test('gzip and zip come out as they went in', async () => {
  assert.deepEqual(texts(packed), [xml])
  assert.deepEqual(texts(zipped), [xml])
  assert.deepEqual(texts(await gzipReport(strToU8(xml))), [xml])
  assert.equal(unpack(packed).files[0]?.name, 'r.xml')
  assert.equal(unpack(zipped).files[0]?.name, 'a.xml')
  assert.deepEqual(texts(zipSync({ 'b.xml': strToU8(xml) }, { level: 0 })), [xml])
  assert.deepEqual(texts(strToU8(xml)), [xml])
})

test('two files in an archive are two files, folders are none', () => {
  const two = zipSync({
    'x/': new Uint8Array(0),
    'x/a.xml': strToU8('<a/>'),
    'b.xml': strToU8('<b/>'),
  })
  assert.deepEqual(texts(two), ['<a/>', '<b/>'])
  assert.deepEqual(unpack(two).problems, [])
})

test('a line end behind a gzip file does not matter, anything else is told of', () => {
  const after = (text: string): Uint8Array => new Uint8Array([...packed, ...strToU8(text)])
  assert.deepEqual(unpack(after('\r\n')).problems, [])
  assert.deepEqual(texts(after('\r\n')), [xml])
  assert.deepEqual(texts(after('-- \r\nsent by a list')), [xml])
  assert.equal(unpack(after('-- \r\nsent by a list')).problems[0]?.code, 'archive')
})

test('of a file that is cut off, what is there is read', () => {
  const cut = unpack(packed.subarray(0, packed.length - 300))
  assert.equal(cut.problems[0]?.code, 'archive')
  assert.match(Buffer.from(cut.files[0]?.octets ?? []).toString(), /^<feedback>0 1 2/)
})

test('gzip that grows beyond the ratio or the size is not unpacked', () => {
  const bomb = new Uint8Array(gzipSync(new Uint8Array(60 << 20), { level: 1 }))
  const started = performance.now()
  const refused = unpack(bomb)
  assert.deepEqual(refused.files, [])
  assert.equal(refused.problems[0]?.code, 'too-large')
  assert.ok(performance.now() - started < 2000)
  const limits = { ...defaultUnpackLimits, maxOctets: 1000 }
  assert.equal(unpackReport({ name: '', octets: packed }, limits).problems[0]?.code, 'too-large')
  const strict = { ...defaultUnpackLimits, freeOctets: 0, maxRatio: 2 }
  assert.equal(unpackReport({ name: '', octets: packed }, strict).problems[0]?.code, 'too-large')
})

/** The zip file with another size in its headers. */
function saying(zip: Uint8Array, size: number): Uint8Array {
  const changed = zip.slice()
  const view = new DataView(changed.buffer, changed.byteOffset, changed.length)
  for (let i = 0; i + 30 < zip.length; i++) {
    const signature = view.getUint32(i, true)
    if (signature === 0x04034b50) view.setUint32(i + 22, size, true)
    if (signature === 0x02014b50) view.setUint32(i + 24, size, true)
  }
  return changed
}

test('a zip bomb is stopped whatever its headers say', () => {
  const bomb = zipSync({ 'a.xml': [new Uint8Array(40 << 20), { level: 1 }] })
  for (const said of [0, 10, 40 << 20, 0xffffffff]) {
    const octets = saying(bomb, said)
    const started = performance.now()
    const refused = unpack(octets)
    assert.deepEqual(refused.files, [], `${said}`)
    assert.equal(refused.problems[0]?.code, 'too-large')
    assert.ok(performance.now() - started < 3000)
  }
  assert.deepEqual(texts(saying(zipped, 100 << 20)), [xml])
})

test('the size of all files together counts', () => {
  const limits = { ...defaultUnpackLimits, maxOctets: 10_000, freeOctets: 10_000 }
  const one = strToU8(xml)
  const octets = zipSync({ 'a.xml': one, 'b.xml': one, 'c.xml': one, 'd.xml': one })
  const { files, problems } = unpackReport({ name: '', octets }, limits)
  assert.equal(files.length, 2)
  assert.equal(problems[0]?.code, 'too-large')
})

test('archives in archives, many files and unknown packing are refused', () => {
  const nested = [
    gzipSync(packed),
    zipSync({ 'a.gz': packed }),
    gzipSync(zipped),
    zipSync({ 'a.zip': zipped }),
  ]
  for (const octets of nested) {
    const answer = unpack(new Uint8Array(octets))
    assert.deepEqual(answer.files, [])
    assert.match(answer.problems[0]?.text ?? '', /archive in an archive/)
  }
  const many = zipSync(
    Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${i}.xml`, strToU8('<a/>')])),
  )
  assert.equal(unpack(many).files.length, 10)
  assert.equal(unpack(many).problems.length, 1)
  const folders = zipSync(
    Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`${i}/`, new Uint8Array(0)])),
  )
  assert.match(unpack(folders).problems[0]?.text ?? '', /1000 entries/)
  const unknown = zipped.slice()
  unknown[8] = 12
  assert.deepEqual(unpack(unknown).files, [])
  assert.equal(unpack(unknown).problems[0]?.code, 'archive')
})

test('a zip file written as a stream, its sizes behind the data, is read', () => {
  const data = deflateRawSync(xml)
  const header = new DataView(new ArrayBuffer(30))
  header.setUint32(0, 0x04034b50, true)
  header.setUint16(4, 20, true)
  header.setUint16(6, 8, true)
  header.setUint16(8, 8, true)
  header.setUint16(26, 1, true)
  const descriptor = new DataView(new ArrayBuffer(16))
  descriptor.setUint32(0, 0x08074b50, true)
  descriptor.setUint32(8, data.length, true)
  descriptor.setUint32(12, xml.length, true)
  const octets = Buffer.concat([
    new Uint8Array(header.buffer),
    strToU8('a'),
    data,
    new Uint8Array(descriptor.buffer),
    zipped.subarray(-22),
  ])
  assert.deepEqual(texts(new Uint8Array(octets)), [xml])
})

test('archives cut anywhere and changed anywhere are unpacked without a fault', () => {
  for (const octets of [packed, zipped]) {
    for (let end = 0; end <= octets.length; end += 5) unpack(octets.subarray(0, end))
    const place = fc.tuple(fc.nat(octets.length - 1), fc.nat(255))
    const early = fc.tuple(fc.nat(45), fc.nat(255))
    fc.assert(
      fc.property(fc.array(fc.oneof(place, early), { maxLength: 5 }), (changes) => {
        const changed = octets.slice()
        for (const [at, octet] of changes) changed[at] = octet
        unpack(changed)
      }),
      { numRuns: 1000 },
    )
  }
})
