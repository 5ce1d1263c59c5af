/** README.md shows what the program really prints; ids, times and ports differ each time. */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { systemClock } from '../../src/io/clock.ts'
import { openDnsServer } from '../../src/io/dns-server.ts'
import { labZone } from '../../src/lab/places.ts'
import { situations } from '../../src/lab/situations.ts'
import { testFolder } from '../../src/store/test-folder.ts'
import { codeBlocks, readPage, root } from './page.ts'

const node = ['--disable-warning=ExperimentalWarning', '--conditions=waybill-source']
const main = join(root, 'src/cli/main.ts')

/** What a command prints, whatever its exit code. */
async function waybill(args: readonly string[], cwd: string): Promise<string> {
  const run = promisify(execFile)(process.execPath, [...node, main, ...args], { cwd })
  // `replay` ends with 1 when something differs, which is what it was asked to find out.
  const { stdout } = await run.catch((problem: { readonly stdout: string }) => problem)
  return stdout
}

/** The first screen, read until it is whole; then the lab is asked to stop. */
async function firstScreen(cwd: string): Promise<string> {
  const args = [...node, main, 'start', '--lab', '--ports', 'auto']
  const lab = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(lab, 'exit')
  let text = ''
  for await (const chunk of lab.stdout.setEncoding('utf8')) {
    text += String(chunk)
    if (/Ctrl-C stops\..*\n/.test(text)) lab.kill('SIGINT')
  }
  assert.deepEqual(await ended, [0, null])
  return text
}

function steady(text: string): string {
  return text
    .replace(/localhost:\d+/g, 'localhost:PORT')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
    .replace(/PORT +/g, 'PORT ')
    .replace(/\b\d+ ms/g, 'MS')
    .replace(/\b[0-9a-hjkmnp-tv-z]{16}\b/g, 'ID')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .trim()
}

function makeWhole(block: string, printed: string): void {
  assert.ok(
    printed.trim() !== '' && block.trim() !== '',
    'a block of the page, or what was printed, is empty',
  )
  if (steady(block) === steady(printed)) return
  if (process.env['UPDATE'] === '1') {
    const page = readPage('README.md')
    assert.ok(page.includes(block))
    writeFileSync(
      join(root, 'README.md'),
      page.replace(block, () => `${printed.replace(/^\n+|\s+$/g, '')}\n`),
    )
    return
  }
  assert.equal(steady(block), steady(printed))
}

test('the first screen, the forgery and the replay are what the program prints', async () => {
  const { folder, remove } = testFolder()
  try {
    const [first = '', forged = '', replayed = ''] = codeBlocks(readPage('README.md'), 'text')
    const screen = await firstScreen(folder)
    assert.equal(steady(first), steady(screen))
    assert.ok(screen.includes(`${situations.length - 1} more situations`))
    assert.ok(readPage('README.md').includes(`${situations.length} [situations]`))
    makeWhole(forged, await waybill(['lab', 'run', 'forged'], folder))
    const change = '_dmarc.north.example TXT "v=DMARC1; p=none"'
    assert.ok(readPage('README.md').includes(`replay last --dns '${change}'`))
    makeWhole(replayed, await waybill(['replay', 'last', '--dns', change], folder))
  } finally {
    remove()
  }
})

test('the commands that name the lab’s DNS are answered by it', async () => {
  const { folder, remove } = testFolder()
  const clock = systemClock
  const dns = await openDnsServer({ port: 0, clock, zones: { '': labZone([]) } })
  try {
    const console = codeBlocks(readPage('README.md'), 'console').join('')
    const asked = Array.from(
      console.matchAll(/^\$ \.\/waybill (.* --server 127\.0\.0\.1:1053.*)$/gm),
    )
    writeFileSync(join(folder, 'letter.eml'), 'From: ann@north.example\n\nHello\n')
    const answers: string[] = []
    for (const [, line = ''] of asked) {
      const here = line.replace('127.0.0.1:1053', `127.0.0.1:${dns.endpoint.port}`)
      answers.push(await waybill(here.split(' '), folder))
    }
    const [spf = '', dmarc = '', verified = '', signatures = ''] = answers
    assert.equal(answers.length, 4)
    assert.match(spf, /ip4:192\.0\.2\.10 +match/)
    assert.match(dmarc, /p=reject/)
    assert.match(verified, /SPF +pass/)
    assert.match(verified, /DMARC +pass/)
    assert.match(signatures, /DKIM +none/)
  } finally {
    await dns.close()
    remove()
  }
})

test('the example of the library prints what it says', async () => {
  const [example = ''] = codeBlocks(readPage('README.md'), 'ts')
  const said = /\/\/ (.+)\n$/.exec(example)?.[1]
  const args = [...node, '--input-type=module-typescript', '-e', example]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root })
  assert.equal(stdout.trim(), said)
})

test('every command that the page names is one', async () => {
  const { makeProgram } = await import('../../src/cli/program.ts')
  const program = await makeProgram()
  const lines = codeBlocks(readPage('README.md'), 'console').join('').split('\n')
  let found = 0
  for (const line of lines) {
    const words = /^\$ \.\/waybill ([^#]+)/.exec(line)?.[1]?.split(/\s+/)
    if (words === undefined) continue
    found++
    const command = program.commands.find((one) => one.name() === words[0])
    assert.ok(command !== undefined, line)
    const inner = command.commands.find((one) => one.name() === words[1])
    if (command.commands.length > 0) assert.ok(inner !== undefined, line)
    const known = (inner ?? command).options.map(({ long }) => long)
    for (const word of words) {
      if (word.startsWith('--')) assert.ok(known.includes(word), `${line}: ${word}`)
    }
  }
  assert.ok(found > 10)
})
