import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Lifetime } from './clean-up.ts'
import { run, Running, shortFolder } from './processes.ts'

export interface OpenDkimVerdict {
  readonly pass: boolean
  readonly said: string
}

/** OpenDKIM in its test mode: it reads messages from files, and key records from a table. */
export class OpenDkim {
  readonly #folder: string
  #count = 0

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async open(t: Lifetime, records: Readonly<Record<string, string>>): Promise<OpenDkim> {
    const folder = await shortFolder(t)
    const lines = Object.entries(records).map(([name, text]) => `${name} ${text}\n`)
    await writeFile(join(folder, 'dns'), lines.join(''))
    return new OpenDkim(folder)
  }

  /** Whether each message has a signature that verifies, and what OpenDKIM said of it. */
  async verify(messages: readonly string[]): Promise<readonly OpenDkimVerdict[]> {
    const settings = ['Mode v', `TestDNSData file:${join(this.#folder, 'dns')}`]
    const verdicts: OpenDkimVerdict[] = []
    // The test mode ends at the first message that does not pass; the rest is given to it again.
    while (verdicts.length < messages.length) {
      const rest = messages.slice(verdicts.length, verdicts.length + 100)
      const { files, stdout, stderr } = await this.#test(settings, rest)
      const lines = `${stdout}\n${stderr}`.split('\n')
      for (const file of files) {
        const said = lines.filter((line) => line.includes(file)).join('\n')
        const pass = /verification \(.*\) succeeded/.test(said)
        verdicts.push({ pass, said })
        if (!pass) break
      }
    }
    return verdicts
  }

  /** The DKIM-Signature field for a message, with its line end. */
  async sign(
    message: string,
    key: { domain: string; selector: string; algorithm: string; privateKey: string },
    canonicalization: { header: string; body: string },
  ): Promise<string> {
    const keyFile = join(this.#folder, `${key.selector}.pem`)
    await writeFile(keyFile, key.privateKey, { mode: 0o600 })
    const settings = [
      'Mode s',
      `Domain ${key.domain}`,
      `Selector ${key.selector}`,
      `KeyFile ${keyFile}`,
      `SignatureAlgorithm ${key.algorithm}`,
      `Canonicalization ${canonicalization.header}/${canonicalization.body}`,
      'RequireSafeKeys no',
    ]
    const { stdout, stderr } = await this.#test(settings, [message], ['-v'])
    const field = /^DKIM-Signature: .*(?:\r*\n[ \t].*)*/m.exec(stdout)?.[0]
    if (field === undefined) throw new Error(`opendkim signed nothing: ${stdout}${stderr}`)
    return `${field.replace(/\r*\n/g, '\r\n').trimEnd()}\r\n`
  }

  async #test(
    settings: readonly string[],
    messages: readonly string[],
    options: readonly string[] = [],
  ): Promise<{ files: readonly string[]; stdout: string; stderr: string }> {
    const folder = join(this.#folder, String(this.#count++))
    await mkdir(folder)
    const config = join(folder, 'conf')
    const socket = `Socket local:${join(folder, 'socket')}`
    await writeFile(config, [...settings, socket, 'Syslog no', ''].join('\n'))
    const files = messages.map((_, index) => join(folder, `${index}.eml`))
    await Promise.all(messages.map((text, index) => writeFile(files[index] ?? '', text, 'latin1')))
    const done = await run('opendkim', [...options, '-x', config, '-t', files.join(',')])
    return { files, ...done }
  }
}

/** What the OpenDKIM beside a mail server does. */
export type MilterTask =
  | { readonly mode: 'verify'; readonly records: Readonly<Record<string, string>> }
  | {
      readonly mode: 'sign'
      readonly domain: string
      readonly selector: string
      readonly algorithm: string
      /** PEM. */
      readonly privateKey: string
    }

/** A running milter. */
export interface Milter {
  /** Its socket, as Postfix names it. */
  readonly place: string
  readonly pid: number
}

/** Starts OpenDKIM as a milter. */
export async function openDkimMilter(
  t: Lifetime,
  { hostname, task }: { readonly hostname: string; readonly task: MilterTask },
): Promise<Milter> {
  const folder = await shortFolder(t)
  const socket = join(folder, 'socket')
  const config = join(folder, 'conf')
  const common = [
    `AuthservID ${hostname}`,
    `Socket local:${socket}`,
    // Mail servers come as another user.
    'UMask 000',
    'Background no',
    'Syslog no',
    'RequireSafeKeys no',
  ]
  await writeFile(config, [...common, ...(await milterSettings(folder, task)), ''].join('\n'))
  const running = new Running(t, 'opendkim', ['-f', '-x', config], { hard: true })
  await running.until(/./, () => (existsSync(socket) ? 'there' : ''))
  return { place: `unix:${socket}`, pid: running.pid }
}

async function milterSettings(folder: string, task: MilterTask): Promise<readonly string[]> {
  if (task.mode === 'verify') {
    const records = join(folder, 'dns')
    const lines = Object.entries(task.records).map(([name, text]) => `${name} ${text}\n`)
    await writeFile(records, lines.join(''))
    // Nobody is internal: mail from loopback is verified too.
    return ['Mode v', 'InternalHosts 192.0.2.255', `TestDNSData file:${records}`]
  }
  const keyFile = join(folder, 'key.pem')
  await writeFile(keyFile, task.privateKey, { mode: 0o600 })
  return [
    'Mode s',
    'InternalHosts 127.0.0.0/8',
    `Domain ${task.domain}`,
    `Selector ${task.selector}`,
    `KeyFile ${keyFile}`,
    `SignatureAlgorithm ${task.algorithm}`,
    'Canonicalization relaxed/simple',
  ]
}
