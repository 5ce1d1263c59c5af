import { test } from 'node:test'
import assert from 'node:assert/strict'
import { crc32, deflateRawSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { strToU8, zipSync } from 'fflate'
import { gzipReport, unpackReport } from './report-archive.ts'
import { defaultUnpackLimits, type UnpackedReports } from './unpack-limits.ts'

const xml = `<feedback>${Array.from({ length: 1000 }, (_, i) => i).join(' ')}</feedback>`
const packed = new Uint8Array(gzipSync(xml))
const zipped = zipSync({ 'a.xml': strToU8(xml) })

function unpack(octets: Uint8Array, name = 'r.xml.gz'): Promise<UnpackedReports> {
  return unpackReport({ name, octets })
}

async function texts(octets: Uint8Array): Promise<readonly string[]> {
  return (await unpack(octets)).files.map((file) => Buffer.from(file.octets).toString())
}

test('gzip and zip come out as they went in', async () => {
  assert.deepEqual(await texts(packed), [xml])
  assert.deepEqual(await texts(zipped), [xml])
  assert.deepEqual(await texts(await gzipReport(strToU8(xml))), [xml])
  assert.equal((await unpack(packed)).files[0]?.name, 'r.xml')
  assert.equal((await unpack(zipped)).files[0]?.name, 'a.xml')
  assert.deepEqual(await texts(zipSync({ 'b.xml': strToU8(xml) }, { level: 0 })), [xml])
  assert.deepEqual(await texts(strToU8(xml)), [xml])
})

test('two files in an archive are two files, folders are none', async () => {
  const two = zipSync({
    'x/': new Uint8Array(0),
    'x/a.xml': strToU8('<a/>'),
    'b.xml': strToU8('<b/>'),
  })
  assert.deepEqual(await texts(two), ['<a/>', '<b/>'])
  assert.deepEqual((await unpack(two)).problems, [])
})

test('a line end behind a gzip file does not matter, anything else is told of', async () => {
  const after = (text: string): Uint8Array => new Uint8Array([...packed, ...strToU8(text)])
  assert.deepEqual((await unpack(after('\r\n'))).problems, [])
  assert.deepEqual(await texts(after('\r\n')), [xml])
  assert.deepEqual(await texts(after('-- \r\nsent by a list')), [xml])
  assert.equal((await unpack(after('-- \r\nsent by a list'))).problems[0]?.code, 'archive')
})

test('of a file that is cut off, what is there is read', async () => {
  const cut = await unpack(packed.subarray(0, packed.length - 300))
  assert.equal(cut.problems[0]?.code, 'archive')
  assert.match(Buffer.from(cut.files[0]?.octets ?? []).toString(), /^<feedback>0 1 2/)
})

test('gzip that grows beyond the ratio or the size is not unpacked', async () => {
  const bomb = new Uint8Array(gzipSync(new Uint8Array(60 << 20), { level: 1 }))
  const before = process.cpuUsage()
  const refused = await unpack(bomb)
  assert.deepEqual(refused.files, [])
  assert.equal(refused.problems[0]?.code, 'too-large')
  assert.ok(process.cpuUsage(before).user < 2000_000)
  const limits = { ...defaultUnpackLimits, maxOctets: 1000 }
  assert.equal(
    (await unpackReport({ name: '', octets: packed }, limits)).problems[0]?.code,
    'too-large',
  )
  const strict = { ...defaultUnpackLimits, freeOctets: 0, maxRatio: 2 }
  assert.equal(
    (await unpackReport({ name: '', octets: packed }, strict)).problems[0]?.code,
    'too-large',
  )
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

test('a zip bomb is stopped whatever its headers say', async () => {
  const bomb = zipSync({ 'a.xml': [new Uint8Array(40 << 20), { level: 1 }] })
  for (const said of [0, 10, 40 << 20, 0xffffffff]) {
    const octets = saying(bomb, said)
    const before = process.cpuUsage()
    const refused = await unpack(octets)
    assert.deepEqual(refused.files, [], `${said}`)
    assert.equal(refused.problems[0]?.code, 'too-large')
    assert.ok(process.cpuUsage(before).user < 3000_000)
  }
  assert.deepEqual(await texts(saying(zipped, 100 << 20)), [xml])
})

test('the size of all files together counts', async () => {
  const limits = { ...defaultUnpackLimits, maxOctets: 10_000, freeOctets: 10_000 }
  const one = strToU8(xml)
  const octets = zipSync({ 'a.xml': one, 'b.xml': one, 'c.xml': one, 'd.xml': one })
  const { files, problems } = await unpackReport({ name: '', octets }, limits)
  assert.equal(files.length, 2)
  assert.equal(problems[0]?.code, 'too-large')
})

test('archives in archives, many files and unknown packing are refused', async () => {
  const nested = [
    gzipSync(packed),
    zipSync({ 'a.gz': packed }),
    gzipSync(zipped),
    zipSync({ 'a.zip': zipped }),
  ]
  for (const octets of nested) {
    const answer = await unpack(new Uint8Array(octets))
    assert.deepEqual(answer.files, [])
    assert.match(answer.problems[0]?.text ?? '', /archive in an archive/)
  }
  const many = zipSync(
    Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${i}.xml`, strToU8('<a/>')])),
  )
  assert.equal((await unpack(many)).files.length, 10)
  assert.equal((await unpack(many)).problems.length, 1)
  const folders = zipSync(
    Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`${i}/`, new Uint8Array(0)])),
  )
  assert.match((await unpack(folders)).problems[0]?.text ?? '', /1000 entries/)
  const unknown = zipped.slice()
  const directory = Buffer.from(unknown.buffer).indexOf('PK\x01\x02')
  unknown[directory + 10] = 12
  assert.deepEqual((await unpack(unknown)).files, [])
  assert.equal((await unpack(unknown)).problems[0]?.code, 'archive')
})

test('a zip file written as a stream, its sizes behind the data, is read', async () => {
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
  assert.deepEqual(await texts(new Uint8Array(octets)), [xml])
})

test('archives cut anywhere and changed anywhere are unpacked without a fault', async () => {
  for (const octets of [packed, zipped]) {
    for (let end = 0; end <= octets.length; end += 5) await unpack(octets.subarray(0, end))
    const place = fc.tuple(fc.nat(octets.length - 1), fc.nat(255))
    const early = fc.tuple(fc.nat(45), fc.nat(255))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(place, early), { maxLength: 5 }), async (changes) => {
        const changed = octets.slice()
        for (const [at, octet] of changes) changed[at] = octet
        await unpack(changed)
      }),
      { numRuns: 1000 },
    )
  }
})

/** A zip archive by hand: what fflate does not write. */
function zipOf(
  files: readonly {
    readonly name?: string
    readonly text: string
    readonly method?: 0 | 8
    readonly flags?: number
    readonly checksum?: number
    readonly descriptor?: 'with-signature' | 'without'
    readonly zip64?: boolean
  }[],
  more: {
    readonly before?: string
    readonly behind?: string
    readonly comment?: string
    readonly zip64?: boolean
  } = {},
): Uint8Array {
  const parts: Uint8Array[] = []
  const entries: Uint8Array[] = []
  let at = 0
  const numbers = (...pairs: readonly (readonly [size: number, value: number])[]): Buffer => {
    return Buffer.concat(
      pairs.map(([size, value]) => {
        const octets = Buffer.alloc(size)
        if (size === 8) octets.writeBigUInt64LE(BigInt(value))
        else octets.writeUIntLE(value, 0, size)
        return octets
      }),
    )
  }
  for (const {
    name = 'a.xml',
    text,
    method = 8,
    flags = 0,
    descriptor,
    zip64 = false,
    ...file
  } of files) {
    const data = method === 0 ? Buffer.from(text) : deflateRawSync(text)
    const sum = file.checksum ?? crc32(text)
    const later = descriptor !== undefined
    const sizes = [data.length, Buffer.byteLength(text)] as const
    const told = later ? ([0, 0, 0] as const) : ([sum, ...sizes] as const)
    const bits = flags | (later ? 8 : 0)
    const local = numbers(
      [4, 0x04034b50],
      [2, 20],
      [2, bits],
      [2, method],
      [4, 0],
      [4, told[0]],
      [4, told[1]],
      [4, told[2]],
      [2, name.length],
      [2, 0],
    )
    const behind = !later
      ? ''
      : numbers(
          ...(descriptor === 'without' ? [] : [[4, 0x08074b50] as const]),
          [4, sum],
          [4, sizes[0]],
          [4, sizes[1]],
        )
    const extra = zip64
      ? numbers([2, 1], [2, 24], [8, sizes[1]], [8, sizes[0]], [8, at])
      : Buffer.alloc(0)
    const big = 0xffffffff
    const said = zip64 ? [big, big, big] : [sizes[0], sizes[1], at]
    const entry = numbers(
      [4, 0x02014b50],
      [2, 20],
      [2, 20],
      [2, bits],
      [2, method],
      [4, 0],
      [4, sum],
      [4, said[0] ?? 0],
      [4, said[1] ?? 0],
      [2, name.length],
      [2, extra.length],
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, said[2] ?? 0],
    )
    const whole = Buffer.concat([local, Buffer.from(name), data, Buffer.from(behind)])
    parts.push(whole)
    entries.push(Buffer.concat([entry, Buffer.from(name), extra]))
    at += whole.length
  }
  const directory = Buffer.concat(entries)
  const { before = '', behind = '', comment = '', zip64 = false } = more
  const end64 = zip64
    ? Buffer.concat([
        numbers(
          [4, 0x06064b50],
          [8, 44],
          [2, 45],
          [2, 45],
          [4, 0],
          [4, 0],
          [8, files.length],
          [8, files.length],
          [8, directory.length],
          [8, at],
        ),
        numbers([4, 0x07064b50], [4, 0], [8, at + directory.length], [4, 1]),
      ])
    : Buffer.alloc(0)
  const end = zip64
    ? numbers(
        [4, 0x06054b50],
        [2, 0],
        [2, 0],
        [2, 0xffff],
        [2, 0xffff],
        [4, 0xffffffff],
        [4, 0xffffffff],
        [2, comment.length],
      )
    : numbers(
        [4, 0x06054b50],
        [2, 0],
        [2, 0],
        [2, files.length],
        [2, files.length],
        [4, directory.length],
        [4, at],
        [2, comment.length],
      )
  return new Uint8Array(
    Buffer.concat([
      Buffer.from(before),
      ...parts,
      directory,
      end64,
      end,
      Buffer.from(comment),
      Buffer.from(behind),
    ]),
  )
}

const good: Readonly<Record<string, Uint8Array>> = {
  'sizes behind the data, with a signature': zipOf([{ text: xml, descriptor: 'with-signature' }]),
  'sizes behind the data, without a signature': zipOf([{ text: xml, descriptor: 'without' }]),
  'stored, with sizes behind the data': zipOf([{ text: xml, method: 0, descriptor: 'without' }]),
  'sizes of 64 bits': zipOf([{ text: xml, zip64: true }], { zip64: true }),
  'sizes of 64 bits, something before': zipOf([{ text: xml, zip64: true }], {
    zip64: true,
    before: 'MZ program ',
  }),
  'something before it': zipOf([{ text: xml }], { before: '#!/bin/sh\n' }),
  'a comment': zipOf([{ text: xml }], { comment: 'made by a program' }),
  'a line end behind it': zipOf([{ text: xml }], { behind: '\r\n' }),
  'a list behind it': zipOf([{ text: xml }], { behind: '\r\n-- \r\nsent by a list' }),
  'no name': zipOf([{ text: xml, name: '' }]),
  'a name that leads away': zipOf([{ text: xml, name: '../../etc/x\\y' }]),
}

for (const [what, octets] of Object.entries(good)) {
  test(`a zip archive is read by its directory: ${what}`, async () => {
    const { files, problems } = await unpack(octets, 'r.zip')
    assert.deepEqual(problems, [])
    assert.deepEqual(
      files.map((file) => Buffer.from(file.octets).toString()),
      [xml],
    )
  })
}

test('two files of one name in a zip archive are two files', async () => {
  const octets = zipOf([{ text: '<a/>' }, { text: '<b/>' }])
  assert.deepEqual(await texts(octets), ['<a/>', '<b/>'])
})

const flawed: readonly (readonly [string, Uint8Array, readonly string[], RegExp])[] = [
  [
    'a wrong checksum',
    zipOf([{ text: xml, checksum: 7 }]),
    [xml],
    /^"a\.xml" has a wrong checksum: it was damaged/,
  ],
  ['encrypted', zipOf([{ text: xml, flags: 1 }]), [], /^"a\.xml" is encrypted\.$/],
  ['strongly encrypted', zipOf([{ text: xml, flags: 0x41 }]), [], /encrypted/],
  ['empty file', zipOf([{ text: '' }]), [], /^"a\.xml" is empty\.$/],
  ['no files', zipOf([]), [], /^The zip archive is empty\.$/],
  ['only folders', zipOf([{ text: '', name: 'x/' }]), [], /^The zip archive is empty\.$/],
]

for (const [what, octets, read, told] of flawed) {
  test(`a zip archive with ${what} says so`, async () => {
    const { files, problems } = await unpack(octets)
    assert.deepEqual(
      files.map((file) => Buffer.from(file.octets).toString()),
      read,
    )
    assert.match(problems[0]?.text ?? '', told)
    assert.equal(problems[0]?.code, 'archive')
  })
}

test('a file that one directory entry puts elsewhere does not cost the others', async () => {
  const octets = zipOf([
    { text: '<a/>', name: 'a' },
    { text: '<b/>', name: 'b' },
  ])
  const second = Buffer.from(octets).lastIndexOf('PK\x01\x02')
  octets[second + 42] = 1
  const { files, problems } = await unpack(octets)
  assert.deepEqual(
    files.map(({ name }) => name),
    ['a'],
  )
  assert.match(problems[0]?.text ?? '', /^"b" is not where the zip archive says\.$/)
})

test('of a zip archive that was cut off, what is there is read from the front', async () => {
  const cut = await unpack(zipped.subarray(0, zipped.length - 300))
  assert.match(Buffer.from(cut.files[0]?.octets ?? []).toString(), /^<feedback>0 1 2/)
  assert.match(cut.problems.map(({ text }) => text).join(' '), /it has no directory at its end/)
  const whole = await unpack(zipped.subarray(0, zipped.length - 22))
  assert.equal(Buffer.from(whole.files[0]?.octets ?? []).toString(), xml)
  assert.equal(whole.problems.length, 1)
})

test('stored files count against the room, whatever they pack', async () => {
  const limits = { ...defaultUnpackLimits, maxOctets: xml.length - 1 }
  const octets = zipOf([{ text: xml, method: 0 }])
  const { files, problems } = await unpackReport({ name: '', octets }, limits)
  assert.deepEqual(files, [])
  assert.equal(problems[0]?.code, 'too-large')
  const enough = { ...limits, maxOctets: xml.length }
  assert.equal((await unpackReport({ name: '', octets }, enough)).files.length, 1)
})

test('only what is named a zip archive is looked for one behind other octets', async () => {
  const octets = zipOf([{ text: xml }], { before: 'MZ' })
  assert.deepEqual((await unpack(octets, 'r.xml')).files, [{ name: 'r.xml', octets }])
  assert.deepEqual((await unpack(strToU8(xml), 'r.zip')).problems, [])
})

test('a stored file has no ratio, and a packed one has', async () => {
  const limits = { ...defaultUnpackLimits, freeOctets: 1, maxRatio: 1 }
  const count = async (method: 0 | 8): Promise<number> => {
    const octets = zipOf([{ text: xml, method }])
    return (await unpackReport({ name: '', octets }, limits)).files.length
  }
  assert.deepEqual([await count(0), await count(8)], [1, 0])
})

test('what is wrong with a gzip file is said in the right words', async () => {
  const damaged = (at: number): Uint8Array => {
    const octets = packed.slice()
    octets[octets.length - at] = (octets[octets.length - at] ?? 0) ^ 1
    return octets
  }
  const cases: readonly (readonly [Uint8Array, RegExp])[] = [
    [damaged(8), /wrong checksum/],
    [damaged(4), /says another length/],
    [packed.subarray(0, packed.length - 3), /its end is missing/],
    [packed.subarray(0, packed.length - 30), /broken or not whole/],
    [new Uint8Array([...packed, 1, 2, 3]), /something else behind its end/],
  ]
  for (const [octets, told] of cases) {
    const { files, problems } = await unpack(octets)
    assert.match(problems[0]?.text ?? '', told)
    assert.equal(problems.length, 1)
    assert.ok(
      Buffer.from(files[0]?.octets ?? [])
        .toString()
        .startsWith('<feedback>0 1'),
    )
  }
})
