/** What a sendmail command line asks for. */
export interface SendmailCall {
  readonly mode: 'deliver' | 'list-queue' | 'run-queue' | 'new-aliases'
  /** Recipients of the command line, as they were typed. */
  readonly recipients: readonly string[]
  /** `-t`: those of To, Cc and Bcc as well. */
  readonly fromHeader: boolean
  /** `-i`: a line with a dot alone is a line like others. */
  readonly dotIsText: boolean
  /** `-f` or `-r`; empty for the null sender. Absent: the user. */
  readonly sender: string | undefined
  /** `-F`. */
  readonly fullName: string | undefined
  readonly notify: readonly Notify[] | null
  readonly ret: 'FULL' | 'HDRS' | null
  readonly envid: string | null
  /** `-C`: the waybill.toml. */
  readonly config: string | undefined
  /** `--server`: where SMTP is spoken, where the data folder cannot be asked. */
  readonly server: string | undefined
  readonly json: boolean
}

export type Notify = 'NEVER' | 'SUCCESS' | 'FAILURE' | 'DELAY'

export type ReadCall =
  | { readonly type: 'call'; readonly call: SendmailCall }
  | { readonly type: 'wrong'; readonly problem: string }

type Options = { -readonly [Key in keyof SendmailCall]: SendmailCall[Key] }

/** Letters that take the rest of their word, or the next one, as value. */
const withValue = new Set([
  'f',
  'r',
  'F',
  'N',
  'R',
  'V',
  'B',
  'C',
  'O',
  'o',
  'p',
  'X',
  'L',
  'h',
  'd',
])
/** Of these, the value is in the same word or not at all. */
const valueInWord = new Set(['o', 'd'])

/** Reads a command line as sendmail's: letters may stand together (`-ti`), values may be in the word. */
export function readCall(args: readonly string[]): ReadCall {
  const call: Options = {
    mode: 'deliver',
    recipients: [],
    fromHeader: false,
    dotIsText: false,
    sender: undefined,
    fullName: undefined,
    notify: null,
    ret: null,
    envid: null,
    config: undefined,
    server: undefined,
    json: false,
  }
  const rest = [...args]
  const recipients: string[] = []
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      recipients.push(...rest.splice(0))
      break
    }
    if (!word.startsWith('-') || word === '-') {
      recipients.push(word)
      continue
    }
    const problem = word.startsWith('--') ? readLong(call, word, rest) : readWord(call, word, rest)
    if (problem !== undefined) return { type: 'wrong', problem }
  }
  return { type: 'call', call: { ...call, recipients } }
}

function readLong(call: Options, word: string, rest: string[]): string | undefined {
  const [name = '', inWord] = word.split(/=(.*)/s, 2)
  if (name === '--json') {
    call.json = true
    return undefined
  }
  if (name !== '--server' && name !== '--config') return `${name} is no option here`
  const value = inWord ?? rest.shift()
  if (value === undefined) return `${name} wants a value`
  if (name === '--server') call.server = value
  else call.config = value
  return undefined
}

/** `-ti`, `-fann`, `-f ann`, `-oi`, `-bp`. */
function readWord(call: Options, word: string, rest: string[]): string | undefined {
  for (let at = 1; at < word.length; at++) {
    const letter = word.charAt(at)
    if (letter === 'b') return readMode(call, word.slice(at + 1))
    if (letter === 'q') {
      call.mode = 'run-queue'
      return undefined
    }
    if (withValue.has(letter)) {
      const inWord = word.slice(at + 1)
      const value = inWord !== '' || valueInWord.has(letter) ? inWord : rest.shift()
      if (value === undefined) return `-${letter} wants a value`
      return readValue(call, letter, value)
    }
    if (letter === 't') call.fromHeader = true
    else if (letter === 'i') call.dotIsText = true
    // Words of other sendmails that ask for what is so here anyway, or for nothing that is.
    else if (!'vnmUGsAI'.includes(letter)) return `-${letter} is no option here`
  }
  return undefined
}

function readMode(call: Options, mode: string): string | undefined {
  switch (mode) {
    case 'm':
      return undefined
    case 'p':
      call.mode = 'list-queue'
      return undefined
    case 'i':
      call.mode = 'new-aliases'
      return undefined
    case 's':
      return '-bs is not to be had: speak SMTP with port 25 or 587 instead'
    case 'd':
    case 'D':
      return '-bd is not to be had: waybill start runs the server'
    default:
      return `-b${mode} is not to be had`
  }
}

function readValue(call: Options, letter: string, value: string): string | undefined {
  switch (letter) {
    case 'f':
    case 'r':
      call.sender = value === '<>' ? '' : value
      return undefined
    case 'F':
      call.fullName = value
      return undefined
    case 'C':
      call.config = value
      return undefined
    case 'V':
      call.envid = value
      return undefined
    case 'R': {
      const ret = value.toUpperCase()
      if (ret !== 'FULL' && ret !== 'HDRS') return '-R wants full or hdrs'
      call.ret = ret
      return undefined
    }
    case 'N':
      return readNotify(call, value)
    case 'B':
      // Both are found out from the message itself.
      return /^(?:7BIT|8BITMIME)$/i.test(value) ? undefined : '-B wants 7BIT or 8BITMIME'
    case 'o':
      if (value === 'i') call.dotIsText = true
      return undefined
    default:
      // -O, -p, -X, -L, -h, -d: how other sendmails do their work.
      return undefined
  }
}

function readNotify(call: Options, value: string): string | undefined {
  const words = value.toUpperCase().split(',')
  const known = ['NEVER', 'SUCCESS', 'FAILURE', 'DELAY'] as const
  const notify = known.filter((word) => words.includes(word))
  const neverAlone = !words.includes('NEVER') || words.length === 1
  if (notify.length !== words.length || !neverAlone) {
    return '-N wants never, or success, failure and delay with commas between'
  }
  call.notify = notify
  return undefined
}
