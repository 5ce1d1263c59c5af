import { type Command as Parent, Command, InvalidArgumentError } from 'commander'
import { type DkimDiff, type DkimVerdict, DkimVerifier, diffDkim } from '../../dkim/dkim.ts'
import type { Resolver } from '../../dns/resolver.ts'
import { systemClock } from '../../io/clock.ts'
import type { DnsEndpoint } from '../../io/stub-options.ts'
import { tellDkim } from '../../journey/sentences/verdicts.ts'
import { splitMessage } from '../../message/header-reader.ts'
import { concat } from '../../base/octets.ts'
import { WaybillError } from '../../base/error.ts'
import { readTime, serverOption, zoneOption } from '../options.ts'
import { type ExitCode, exitCodes, print, printJson, say } from '../output.ts'
import { renderDiff, renderSignature } from '../render/dkim.ts'
import { renderSentence } from '../render/verdicts.ts'
import { commandResolver } from '../resolver.ts'
import { type MailFile, openMailFiles } from '../verify/mail-files.ts'
import { returnedMessage } from '../verify/returned-message.ts'

/** `waybill dkim check FILE` and `waybill dkim diff SENT RECEIVED`. */
export function dkimCommand(): Parent {
  return new Command('dkim')
    .description('signatures: check them, and find what broke them (RFC 6376)')
    .addCommand(checkCommand())
    .addCommand(diffCommand())
}

interface CheckOptions {
  readonly zone?: string
  readonly server?: DnsEndpoint
  readonly at?: number
  readonly json?: boolean
}

function checkCommand(): Parent {
  return new Command('check')
    .description('check every signature of a message, with the evidence')
    .argument('<file>', 'a message, or - for standard input')
    .addOption(zoneOption())
    .addOption(serverOption())
    .option('--at <time>', 'as if it were this time (2026-09-01 or 2026-09-01T12:00:00Z)', readTime)
    .option('--json', 'the verdicts as one JSON object')
    .addHelpText(
      'after',
      '\nExit code 0: a signature passes. 1: none does. 3: a key could not be asked for.',
    )
    .action(async (path: string, options: CheckOptions) => {
      const resolver = await commandResolver(options.zone, options.server)
      const now = options.at ?? Math.floor(systemClock.now() / 1000)
      const verdicts = await verify(await readMessage(path), resolver, now)
      if (options.json === true) printJson({ file: path, signatures: verdicts })
      else {
        const lines = verdicts.flatMap(renderSignature).map((line) => `    ${line}`)
        print([renderSentence(tellDkim(verdicts)), ...lines].join('\n'))
      }
      process.exitCode = checkExitCode(verdicts)
    })
}

async function verify(
  message: Uint8Array,
  resolver: Resolver,
  now: number,
): Promise<readonly DkimVerdict[]> {
  const { header, body } = splitMessage(message)
  const verifier = new DkimVerifier({ header, resolver, now })
  verifier.push(body)
  return await verifier.finish()
}

function checkExitCode(verdicts: readonly DkimVerdict[]): ExitCode {
  if (verdicts.some(({ result }) => result === 'pass')) return exitCodes.yes
  const open = verdicts.some(({ result }) => result === 'temperror')
  return open ? exitCodes.couldNotTell : exitCodes.no
}

interface DiffOptions {
  readonly signature: number
  readonly json?: boolean
}

function diffCommand(): Parent {
  return new Command('diff')
    .description('find the first signed octet that changed on the way')
    .argument('<sent>', 'the message as it was signed')
    .argument('<received>', 'the same as it arrived, or the bounce that brings it back')
    .option('--signature <n>', 'compare under the n-th signature from the top', readCount, 1)
    .option('--json', 'the differences as one JSON object')
    .addHelpText(
      'after',
      '\nExit code 0: nothing that was signed has changed. 1: something has.\n3: there is no signature.',
    )
    .action(async (sentPath: string, receivedPath: string, options: DiffOptions) => {
      const sent = await readMessage(sentPath)
      const { received, headerOnly } = await readReceived(receivedPath)
      const whole = diffDkim(sent, received, options.signature - 1)
      const diff = headerOnly ? withoutBody(whole) : whole
      if (options.json === true) printJson(diff)
      else if (diff.type === 'compared') print(renderDiff(diff))
      else say(`There is nothing to compare under: ${noSignature(diff)}`)
      process.exitCode = diffExitCode(diff)
    })
}

async function readReceived(
  path: string,
): Promise<{ readonly received: Uint8Array; readonly headerOnly: boolean }> {
  const message = await readMessage(path)
  const returned = returnedMessage(message)
  if (returned === undefined) return { received: message, headerOnly: false }
  const what = returned.headerOnly ? 'header of the message' : 'message'
  say(`${path} is a bounce; comparing the ${what} that it brings back.`)
  return { received: returned.octets, headerOnly: returned.headerOnly }
}

function withoutBody(diff: DkimDiff): DkimDiff {
  if (diff.type !== 'compared') return diff
  const { body: _, ...rest } = diff
  return rest
}

function noSignature(diff: DkimDiff & { readonly type: 'no-signature' }): string {
  return diff.reason?.text ?? 'the sent message does not have that signature.'
}

function diffExitCode(diff: DkimDiff): ExitCode {
  if (diff.type !== 'compared') return exitCodes.couldNotTell
  const same = diff.fields.length === 0 && diff.body === undefined
  return same ? exitCodes.yes : exitCodes.no
}

/** @throws WaybillError `usage` when there are several */
async function readMessage(path: string): Promise<Uint8Array> {
  const { type, files } = await openMailFiles(path, process.stdin)
  if (type === 'folder') throw new WaybillError('usage', `${path} is a folder, not one message.`)
  const found: MailFile[] = []
  for await (const file of files) {
    found.push(file)
    if (found.length > 1) break
  }
  const [file] = found
  if (file === undefined || found.length > 1) {
    const count = file === undefined ? 'no message' : 'several messages'
    throw new WaybillError('usage', `${path} holds ${count}; name a file with just one.`)
  }
  const chunks: Uint8Array[] = []
  for await (const chunk of file.chunks) chunks.push(chunk)
  return concat(chunks)
}

function readCount(text: string): number {
  const count = Number(text)
  if (!/^\d{1,6}$/.test(text) || count < 1) throw new InvalidArgumentError('Not a number from 1.')
  return count
}
