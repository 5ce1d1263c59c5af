import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import nodemailer, { type SendMailOptions } from 'nodemailer'
import { root } from '../../docs/page.ts'

/** A lab that runs as people run it, started by the launcher of a clone. */
export interface RunningLab {
  /** Where its page is. */
  readonly page: string
  readonly folder: string
  readonly ports: Readonly<Record<string, number>>
  /** Lets a program of nowhere send, as an application under test would; gives what it was told. */
  send(letter: SendMailOptions): Promise<string>
  /** Lets north's sender send, who has logged in. */
  submit(letter: SendMailOptions): Promise<void>
}

export async function startLab(t: TestContext): Promise<RunningLab> {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-page-'))
  const args = ['start', '--lab', '--ports', 'auto', '--json', '--data', folder]
  const child = spawn(join(root, 'waybill'), args, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
    rmSync(folder, { recursive: true, force: true })
  })
  const ports = await readyPorts(child.stdout)
  return {
    page: `http://localhost:${ports['http']}`,
    folder,
    ports,
    send: (letter) => send(letter, { port: ports['smtp'] ?? 0, ignoreTLS: true }),
    submit: async (letter) => {
      await send(letter, {
        port: ports['submissions'] ?? 0,
        secure: true,
        tls: { rejectUnauthorized: false },
        auth: { user: 'sender@north.example', pass: 'letmein' },
      })
    },
  }
}

/** The ports that the ready event names. */
async function readyPorts(output: NodeJS.ReadableStream): Promise<Record<string, number>> {
  for await (const line of createInterface({ input: output })) {
    const event: unknown = JSON.parse(line)
    if (typeof event === 'object' && event !== null && 'ports' in event) {
      output.resume()
      return event.ports as Record<string, number>
    }
  }
  throw new Error('The lab ended before it was ready.')
}

async function send(letter: SendMailOptions, way: object): Promise<string> {
  const transport = nodemailer.createTransport({ host: '127.0.0.1', ...way })
  try {
    return (await transport.sendMail(letter)).response
  } catch (error) {
    // Refused mail has a journey, too: that is what is looked at.
    const response: unknown = error instanceof Error && 'response' in error ? error.response : ''
    if (typeof response === 'string' && response.startsWith('5')) return response
    throw error
  } finally {
    transport.close()
  }
}

/** A letter in north's name that north has not sent. */
export const forged = {
  from: 'sender@north.example',
  to: 'receiver@south.example',
  subject: 'Your account',
  text: 'Please send your password to this address.',
} as const

/** An ordinary letter. */
export const ordinary = {
  from: 'sender@north.example',
  to: 'receiver@south.example',
  subject: 'Hello',
  text: 'Dear receiver,\n\nthis is the first letter.\n',
} as const
