/**
 * Words that announce a one-time code, in the languages that tests of applications are mostly written
 * in. Only what stands near one of them is a code.
 */
const announced =
  /(?<![\p{L}\p{N}])(?:codes?|pin|otp|passcode|one-?time password|tan|token|verification|código|codigo|codice|verifizierungs\p{L}*|(?:bestätigungs|sicherheits|einmal|prüf|zugangs|anmelde)-?(?:code|kennwort|passwort)|kode|kod|koodi|код|代码|验证码|驗證碼|認証コード|コード|코드|인증번호)(?![\p{L}\p{N}])|验证码|驗證碼|認証コード|인증번호/giu

/** Codes that are none to log in with. */
const otherCodes =
  /(?:zip|post(?:al)?|promo(?:tion)?|discount|coupon|voucher|gift|error|status|exit|country|area|dialling|source|qr|bar|dress|tax|sort|product|referral|invite|swift|bic|color|colour|unicode|rabatt|gutschein|fehler|promocional|postal|fiscale)[\s-]*$/iu

/** How far behind the word a code may stand in the same paragraph. */
const reach = 80
/** How many lines below the word a code may stand, alone on its line. */
const linesBelow = 4
const maxText = 200_000
const maxCodes = 20

const candidate =
  /(?<![\p{L}\p{N}_#@/.,:=&?%+$€£¥-]|\d )(?:\d{4,8}|\d{3}[ -]\d{3}|(?=[A-Z\d]*\d)[A-Z\d]{4,8}|(?=[a-z\d]*\d)(?=[a-z\d]*[a-z])[a-z\d]{5,8})(?![\p{L}\p{N}_@/=&%$€£¥-]|[.,:]\d| \d| ?(?:%|EUR|USD|GBP|km|kg|minutes?|seconds?|hours?|days?|Minuten|Sekunden|Stunden)(?![\p{L}]))/gu

/** Letters alone are a code only where nothing else can be meant. */
const letters = /^[\s:：=-]*(?:(?:is|ist|es|est|è)\s*:?\s*)?([A-Z]{4,8})(?![\p{L}\p{N}-])/u

/** Who sends it, in front of a code that one types without that: `G-123456 is your code`. */
const sender = /(^|\s)[A-Z]{1,3}-(?=\d)/g

/**
 * One-time codes in the text of a message, each once: 4 to 8 digits or letters near a word such as
 * code, PIN or código. Rather none than a wrong one: years, sums, telephone numbers, postal and promo
 * codes, and what stands in an address of the web are not taken.
 */
export function codesIn(text: string): readonly string[] {
  const plain = text.slice(0, maxText).replace(/\bhttps?:\/\/\S{1,8000}/gi, ' ')
  const codes = new Set<string>()
  const lines = plain.split(/\r?\n/)
  let near = 0
  for (const line of lines) {
    if (line.trim() === '') continue
    const alone = line.replace(/[*_"'“”„«»[\]()\s:.]+/g, '')
    if (near > 0 && isAlone(alone, line)) codes.add(alone.replace('-', ''))
    near = Math.max(0, near - 1)
    for (const word of announcing(line)) {
      near = linesBelow
      for (const code of codesBeside(line, word)) codes.add(code)
    }
    if (codes.size >= maxCodes) break
  }
  return Array.from(codes).slice(0, maxCodes)
}

interface Word {
  readonly at: number
  readonly end: number
}

function announcing(line: string): readonly Word[] {
  return Array.from(line.matchAll(announced), ({ 0: word, index }) => {
    return { at: index, end: index + word.length }
  }).filter(({ at }) => !otherCodes.test(line.slice(Math.max(0, at - 24), at)))
}

/** A line that is a code and nothing else, perhaps in groups. */
function isAlone(bare: string, line: string): boolean {
  if (/^[\d\s-]+$/.test(line.trim())) return /^\d{4,8}$|^\d{3}-\d{3}$/.test(bare)
  return /^[A-Z\d]{4,8}$|^(?=.*\d)[a-z\d]{4,8}$/.test(bare) && !/\S\s+\S\S/.test(line.trim())
}

/** Codes behind the word, and those right before it: "123456 is your code". */
function* codesBeside(line: string, { at, end }: Word): Generator<string> {
  const behind = line.slice(end, end + reach)
  const spelled = letters.exec(behind)?.[1]
  if (spelled !== undefined) yield spelled
  const found = Array.from(behind.matchAll(candidate)).filter(({ 0: one, index }) => {
    const between = behind.slice(0, index)
    return !isYear(one) || /^[\s:：=]*(?:(?:is|ist|es|est|è)\s*:?\s*)?$/u.test(between)
  })
  // What stands in brackets says of what it is the code, where another number stands behind it.
  const first = found.find(({ 0: one, index }) => !isInBrackets(behind, index, one)) ?? found[0]
  if (first !== undefined) yield first[0].replace(/[ -]/, '')
  const before = line.slice(Math.max(0, at - 60), at).replace(sender, '$1')
  for (const { 0: found, index } of before.matchAll(candidate)) {
    const between = before.slice(index + found.length)
    if (/^\s+(?:is|ist|es|est|è)\s/u.test(between)) yield found.replace(/[ -]/, '')
  }
}

function isInBrackets(text: string, at: number, { length }: string): boolean {
  return text.charAt(at - 1) === '(' && text.charAt(at + length) === ')'
}

function isYear(found: string): boolean {
  return /^(?:19|20)\d\d$/.test(found)
}
