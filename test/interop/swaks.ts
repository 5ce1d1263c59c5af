import { anna, password } from './waybill.ts'
import { type Finished, run } from './processes.ts'

/** What swaks did, and what it heard. */
export interface SwaksResult extends Finished {
  /** The server's lines, in order, without the marks that swaks puts before them. */
  readonly replies: readonly string[]
}

/**
 * Runs swaks against a port of loopback with this message, exactly as it is.
 *
 * @param args its own options: recipients, login, TLS
 */
export async function swaks(
  port: number,
  args: readonly string[],
  message = 'Subject: swaks\r\n\r\nHello.\r\n',
): Promise<SwaksResult> {
  const fixed = ['--server', '127.0.0.1', '--port', String(port), '--timeout', '20']
  const name = ['--helo', 'client.example', '--no-strip-from']
  const finished = await run('swaks', [...fixed, ...name, ...args, '--data', '-'], {
    input: message,
  })
  const replies = finished.stdout
    .split('\n')
    .flatMap((line) => /^<[-~*]+ +(.*?)\r?$/.exec(line)?.[1] ?? [])
  return { ...finished, replies }
}

/** The options of a login over TLS from the first octet on. */
export function implicitTlsLogin(
  user: string = anna,
  secret: string = password,
): readonly string[] {
  return ['--tls-on-connect', '--auth', 'PLAIN', '--auth-user', user, '--auth-password', secret]
}

/** Hands a letter in on 465, as a user. Gives the id of its journey. */
export async function submit(
  port: number,
  envelope: { readonly from: string; readonly to: readonly string[] },
  message: string,
): Promise<string> {
  const addresses = ['--from', envelope.from, '--to', envelope.to.join(',')]
  const { code, replies, stdout, stderr } = await swaks(
    port,
    [...implicitTlsLogin(), ...addresses],
    message,
  )
  const id = replies.flatMap(
    (line) => /^250 2\.0\.0 .* Ref ([0-9a-z]{16})$/.exec(line)?.[1] ?? [],
  )[0]
  if (code !== 0 || id === undefined) throw new Error(`swaks: ${code} ${stdout}${stderr}`)
  return id
}
