import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { exitCodes } from '../output.ts'

const folder = mkdtempSync(join(tmpdir(), 'waybill-report-'))
after(() => rmSync(folder, { recursive: true }))

function xml(id: string, fails = 0): string {
  const record = (count: number, word: string, ip: string): string => `<record><row>
    <source_ip>${ip}</source_ip><count>${count}</count><policy_evaluated>
    <disposition>none</disposition><dkim>${word}</dkim><spf>${word}</spf></policy_evaluated></row>
    <identifiers><header_from>north.example</header_from></identifiers><auth_results/></record>`
  return `<feedback><report_metadata><org_name>Mail Co</org_name><email>r@mail.example</email>
    <report_id>${id}</report_id><date_range><begin>1795305600</begin><end>1795391999</end>
    </date_range></report_metadata><policy_published><domain>north.example</domain><p>none</p>
    </policy_published>${record(9, 'pass', '192.0.2.1')}${fails === 0 ? '' : record(fails, 'fail', '198.51.100.7')}</feedback>`
}

const mail = `From: r@mail.example
Content-Type: application/gzip
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="m.xml.gz"

${gzipSync(xml('in-mail')).toString('base64')}
`
writeFileSync(join(folder, 'a.xml.gz'), gzipSync(xml('packed', 3)))
writeFileSync(join(folder, 'm.eml'), mail)
writeFileSync(join(folder, 'letter.eml'), 'From: a@b.example\n\nHello\n')
const inBox = (id: string): string =>
  mail.replace(/\n[A-Za-z0-9+/=]{60,}\n/, `\n${gzipSync(xml(id)).toString('base64')}\n`)
writeFileSync(
  join(folder, 'box'),
  ['b1', 'b2'].map((id) => `From r@x Mon Nov 23 10:00:00 2026\n${inBox(id)}\n`).join(''),
)
writeFileSync(join(folder, 'undated'), `From r@x\n${inBox('undated')}`)
mkdirSync(join(folder, 'md/new'), { recursive: true })
mkdirSync(join(folder, 'md/cur'))
writeFileSync(join(folder, 'md/new/1'), inBox('md1'))
mkdirSync(join(folder, 'files'))
writeFileSync(join(folder, 'files/x.xml'), xml('plain'))
writeFileSync(
  join(folder, 'files/t.json'),
  '{"policies":[{"policy":{"policy-type":"sts","policy-domain":"north.example"},"summary":{"total-successful-session-count":0,"total-failure-session-count":0}}],"organization-name":"Mail Co","report-id":"t"}',
)

interface Ran {
  readonly out: string
  readonly messages: string
  readonly code: number
}

const command = pathToFileURL(join(import.meta.dirname, 'report.ts')).href
const script = `import { reportCommand } from '${command}'
const args = process.argv.slice(1)
try { await reportCommand().parseAsync(args, { from: 'user' }) }
catch (error) { process.stderr.write(error.code + ': ' + error.message); process.exitCode = 9 }`

function report(args: readonly string[], input = ''): Ran {
  const options = ['--disable-warning=ExperimentalWarning', '--conditions=waybill-source']
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [...options, '--input-type=module', '-e', script, '--', ...args],
    { cwd: folder, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' }, input },
  )
  return { out: stdout, messages: stderr, code: status ?? -1 }
}

test('reports are imported from files and mail, listed and shown', () => {
  const imported = report(['import', 'a.xml.gz', 'm.eml', 'box', 'undated', 'md', 'files'])
  assert.equal(imported.code, exitCodes.yes, imported.messages)
  assert.match(
    imported.messages,
    /^There is no data folder \/.*\.waybill yet: it is made for these reports\.\n8 imported\.\n$/,
  )
  const [packed = '', ...others] = imported.out.trimEnd().split('\n')
  assert.equal(others.length, 7)
  assert.match(
    packed,
    /^[0-9a-f]{8} {2}2026-11-22 {2}aggregate {2}Mail Co on north\.example: 12 messages, 3 failed$/,
  )
  const again = report(['import', 'files', 'letter.eml', '-'], xml('plain'))
  assert.equal(again.code, exitCodes.no)
  assert.equal(again.out, '')
  assert.match(again.messages, /^letter\.eml: The message has no report in it/)
  assert.match(again.messages, /0 imported, 3 here already, 1 not readable\.\n$/)

  const list = report(['list', '--domain', 'North.example', '--kind', 'aggregate', '-n', '2'])
  assert.equal(list.out.trimEnd().split('\n').length, 2)
  assert.equal(list.messages, 'There are 5 more (--limit).\n')
  const json = report(['list', '--json']).out.trimEnd().split('\n')
  const summaries = json.map((line): Record<string, unknown> => JSON.parse(line))
  assert.equal(summaries.length, 8)
  const tls = summaries.find(({ kind }) => kind === 'tls')
  assert.deepEqual(Object.keys(tls ?? {}), [
    'id',
    'kind',
    'reporter',
    'domain',
    'report_id',
    'begin',
    'end',
    'total',
    'failed',
    'problems',
  ])

  const shown = report(['show', packed.slice(0, 8)])
  assert.match(shown.out, /^DMARC aggregate report of Mail Co on north\.example\n/)
  assert.match(shown.out, /12: 9 passed \(75\.0 %\), 3 failed/)
  assert.match(shown.out, /\n {2}198\.51\.100\.7 {9}3 {9}0 {9}0 {9}0 {2}delivered\n/)
  assert.match(shown.out, /- 198\.51\.100\.7 sent 3 messages that failed\. Nothing/)
  const whole: { readonly reportId: string } = JSON.parse(
    report(['show', packed.slice(0, 8), '--json']).out,
  )
  assert.equal(whole.reportId, 'packed')
})

test('a report is shown from a file without being imported', () => {
  const shown = report(['show', '--data', 'none', 'm.eml'])
  assert.match(shown.out, /Id {8}in-mail\n/)
  assert.equal(shown.code, exitCodes.yes)
  const letter = report(['show', '--data', 'none', 'letter.eml'])
  assert.equal(letter.code, exitCodes.no)
  assert.match(letter.messages, /no report/)
})

test('what is not there is told as such', () => {
  assert.match(
    report(['show', 'abcdef', '--data', 'none']).messages,
    /^not-found: There is no report/,
  )
  assert.match(report(['import', 'gone.xml', '--data', 'none']).messages, /^not-found: gone\.xml/)
  const list = report(['list', '--data', 'none'])
  assert.match(list.messages, /^No reports here\./)
  assert.equal(list.code, exitCodes.yes)
})

test('what was passed over is told, changes the sums and the exit code', () => {
  const broken = xml('in-part').replace('Mail Co', 'A & B')
  mkdirSync(join(folder, 'many/inner'), { recursive: true })
  writeFileSync(join(folder, 'many/a.xml'), broken)
  writeFileSync(join(folder, 'many/inner/b.xml'), xml('deeper'))
  writeFileSync(join(folder, 'many/inner/two.xml'), xml('one') + xml('two'))
  symlinkSync('nowhere', join(folder, 'many/link.xml'))
  const data = ['--data', 'data-many']
  const ran = report(['import', ...data, 'many', 'gone.xml', 'files/x.xml'])
  assert.equal(ran.code, 9)
  assert.match(ran.messages, /many\/link\.xml: many\/link\.xml is not there\./)
  assert.match(
    ran.messages,
    /\n5 imported, 1 read in part, 1 not readable\.\nnot-found: gone\.xml is not there/,
  )
  assert.match(ran.out, /A & B on north\.example: 9 messages, 0 failed \(read in part\)/)
  assert.match(report(['list', ...data]).out, /9 messages, 0 failed \(read in part\)/)
  assert.match(report(['list', ...data, '--json']).out, /"partial":true/)
  const again = report(['import', ...data, 'many/a.xml'])
  assert.equal(again.code, exitCodes.no)
  assert.equal(again.messages, '0 imported, 1 here already, 1 read in part.\n')
  const shown = report(['show', ...data, 'many/a.xml'])
  assert.equal(shown.code, exitCodes.no)
  assert.match(shown.out, /Messages {2}9, none failed \(of what could be read\)/)
  assert.match(shown.out, /Look at\n {2}- This report was read in part/)
  assert.doesNotMatch(shown.out, /All messages passed/)
  const mbox = `From r@x\n${inBox('s1')}\nFrom r@x Mon Nov 23 10:00:00 2026\n${inBox('s2')}`
  assert.equal(report(['import', ...data, '-'], mbox).messages, '2 imported.\n')
  const json = report(['import', ...data, '--json', 'many/link.xml', 'many'])
  assert.match(json.out, /"file":"many\/link.xml","name":"","result":"unreadable"/)
})
