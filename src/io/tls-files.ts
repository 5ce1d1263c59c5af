import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { whyUnreadable } from './unreadable-file.ts'

/** What is wrong with a certificate or its key. */
export interface TlsFileProblem {
  readonly file: 'certificate' | 'key'
  /** Begins with the value that is wrong, and has no full stop. */
  readonly problem: string
}

/**
 * Looks at the files of a certificate and its key as a server would use them: that both can be read,
 * are PEM and fit together, that it is the time of the certificate, and that it has the name of the
 * server (RFC 9525). All problems are found at once.
 *
 * @param input.now Unix milliseconds
 */
export function checkTlsFiles(input: {
  readonly certificate: string
  readonly key: string
  /** Absent: whether it has the name is not looked at. */
  readonly hostname: string | undefined
  readonly now: number
}): readonly TlsFileProblem[] {
  const chain = readFile(input.certificate, 'certificate')
  const secret = readFile(input.key, 'key')
  const certificates = chain.ok ? readChain(chain.text, input.certificate) : chain
  const key = secret.ok ? readKey(secret.text, input.key) : secret
  const problems: TlsFileProblem[] = []
  if (!certificates.ok) problems.push(certificates.problem)
  if (!key.ok) problems.push(key.problem)
  if (!certificates.ok) return problems
  const [own] = certificates.chain
  if (own === undefined) return problems
  if (key.ok) problems.push(...fitProblems(certificates.chain, key.key, input))
  return [...problems, ...useProblems(own, input)]
}

/**
 * The certificates in files of authorities, PEM, several in one file or not; and what is wrong with
 * those files, each problem beginning with its path.
 */
export function readAuthorities(paths: readonly string[]): {
  readonly certificates: readonly string[]
  readonly problems: readonly string[]
} {
  const read = paths.map((path) => {
    const text = readFile(path, 'certificate')
    return text.ok ? readChain(text.text, path) : text
  })
  return {
    certificates: read.flatMap((one) => (one.ok ? one.chain.map(String) : [])),
    problems: read.flatMap((one) => (one.ok ? [] : [one.problem.problem])),
  }
}

type Read<T> =
  | ({ readonly ok: true } & T)
  | { readonly ok: false; readonly problem: TlsFileProblem }

function readFile(path: string, file: TlsFileProblem['file']): Read<{ readonly text: string }> {
  try {
    return { ok: true, text: readFileSync(path, 'utf8') }
  } catch (problem) {
    const why = whyUnreadable(path, problem)
    return { ok: false, problem: { file, problem: `"${path}": ${why}` } }
  }
}

function readChain(
  text: string,
  path: string,
): Read<{ readonly chain: readonly X509Certificate[] }> {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  try {
    if (blocks.length > 0) {
      return { ok: true, chain: blocks.map((block) => new X509Certificate(block)) }
    }
  } catch {
    // Told below: whichever of them it is, the file is not what was wanted.
  }
  const problem = `"${path}" holds no certificate in PEM form that can be read`
  return { ok: false, problem: { file: 'certificate', problem } }
}

function readKey(text: string, path: string): Read<{ readonly key: KeyObject }> {
  try {
    return { ok: true, key: createPrivateKey(text) }
  } catch {
    const locked = text.includes('ENCRYPTED')
    const what = locked
      ? 'is locked with a passphrase, which nobody can type here'
      : 'holds no private key in PEM form that can be read'
    return { ok: false, problem: { file: 'key', problem: `"${path}" ${what}` } }
  }
}

function fitProblems(
  chain: readonly X509Certificate[],
  key: KeyObject,
  { key: keyPath, certificate }: { readonly key: string; readonly certificate: string },
): readonly TlsFileProblem[] {
  const place = chain.findIndex((one) => one.checkPrivateKey(key))
  if (place === 0) return []
  if (place < 0) {
    const problem = `"${keyPath}" does not belong to the certificate in "${certificate}"`
    return [{ file: 'key', problem }]
  }
  const problem = `"${certificate}" has the server's own certificate in place ${place + 1}; it must be the first`
  return [{ file: 'certificate', problem }]
}

function useProblems(
  own: X509Certificate,
  input: {
    readonly certificate: string
    readonly hostname: string | undefined
    readonly now: number
  },
): readonly TlsFileProblem[] {
  const { certificate: path, hostname, now } = input
  const problems: string[] = []
  const [from, until] = [Date.parse(own.validFrom), Date.parse(own.validTo)]
  if (now < from) problems.push(`"${path}" is not valid before ${day(from)}`)
  if (now > until) problems.push(`"${path}" has expired on ${day(until)}`)
  if (hostname !== undefined && own.checkHost(hostname, { subject: 'never' }) === undefined) {
    const names = own.subjectAltName ?? 'no name'
    problems.push(`"${path}" is for ${names}, and not for the hostname ${hostname}`)
  }
  return problems.map((problem) => ({ file: 'certificate', problem }))
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}
