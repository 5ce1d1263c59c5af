import { jsonLine } from '../../base/shown-text.ts'
import { decodeUtf8, encodeUtf8 } from '../../base/octets.ts'
import { bad, ok, type Result } from '../../base/result.ts'
import { answerVerifyRequest, type EvidenceSources } from '../../inspect/verify-answer.ts'
import { readVerifyRequest, type RequestId } from '../../inspect/verify-request.ts'

/** The answers to a batch of lines. */
export interface AnsweredLines {
  /** One line for each line, in their order. */
  readonly octets: Uint8Array<ArrayBuffer>
  readonly lines: number
  /** How many of them could not be read. */
  readonly unreadable: number
}

const LF = 10

/** Lines of one batch under way at once: while one waits for DNS, others go on. */
const maxUnderWay = 64

/** Answers lines of JSON. One that cannot be read, as an empty one, is answered so. */
export async function answerLines(
  lines: Uint8Array,
  world: EvidenceSources,
): Promise<AnsweredLines> {
  const underWay: Promise<Answer>[] = []
  const answers: string[] = []
  let unreadable = 0
  let first = 0
  const settle = async (): Promise<void> => {
    const answer = await underWay[first++]
    if (answer === undefined) return
    answers.push(answer.text)
    if (!answer.readable) unreadable++
  }
  for (let start = 0; start < lines.length; ) {
    const found = lines.indexOf(LF, start)
    const end = found < 0 ? lines.length : found
    if (underWay.length - first >= maxUnderWay) await settle()
    underWay.push(answerLine(lines.subarray(start, end), world))
    start = end + 1
  }
  while (first < underWay.length) await settle()
  const text = answers.length === 0 ? '' : `${answers.join('\n')}\n`
  return { octets: encodeUtf8(text), lines: answers.length, unreadable }
}

/** The answer to a line that is longer than what is read. */
export function tooLongLine(maxLineOctets: number): AnsweredLines {
  const error = `the line is longer than ${maxLineOctets} octets`
  return { octets: encodeUtf8(`${errorLine(null, error)}\n`), lines: 1, unreadable: 1 }
}

interface Answer {
  readonly text: string
  readonly readable: boolean
}

async function answerLine(line: Uint8Array, world: EvidenceSources): Promise<Answer> {
  let id: RequestId = null
  try {
    const json = parseLine(line)
    const request = json.ok ? readVerifyRequest(json.value) : bad({ id, problem: json.problem })
    if (!request.ok) {
      const { problem } = request
      return { text: errorLine(problem.id, problem.problem), readable: false }
    }
    id = request.value.id
    return { text: jsonLine(await answerVerifyRequest(request.value, world)), readable: true }
  } catch (problem) {
    // A fault of ours in one line, or more than there is memory for, must not cost all the others.
    const text = problem instanceof Error ? problem.message : String(problem)
    return { text: errorLine(id, `cannot be evaluated: ${text}`), readable: false }
  }
}

function parseLine(line: Uint8Array): Result<unknown> {
  if (isBlank(line)) return bad('the line is empty')
  const text = decodeUtf8(line)
  if (text === undefined) return bad('the line is not UTF-8')
  try {
    // Some programs put a byte order mark before the first line.
    return ok(JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text))
  } catch (problem) {
    if (!(problem instanceof SyntaxError)) throw problem
    return bad(`the line is not JSON: ${problem.message.slice(0, 200)}`)
  }
}

function errorLine(id: RequestId, error: string): string {
  return jsonLine({ id, error: error.toWellFormed() })
}

/** Whether there is nothing but white space. */
function isBlank(line: Uint8Array): boolean {
  return line.every((octet) => octet === 32 || octet === 9 || octet === 13)
}
