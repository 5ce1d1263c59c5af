/**
 * The names of characters that mail is written with: those of Latin 1 in their order from U+00A0 on,
 * then some others with their characters.
 *
 * @see HTML §13.5
 */
const latin = `nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg
  plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave
  Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH
  Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig
  agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml
  eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml`

const others = `amp & lt < gt > quot " apos ' euro € ndash – mdash — horbar ― lsquo ‘ rsquo ’ sbquo ‚
  ldquo “ rdquo ” bdquo „ hellip … bull • lsaquo ‹ rsaquo › trade ™ larr ← uarr ↑ rarr → darr ↓ dagger †
  Dagger ‡ permil ‰ minus − le ≤ ge ≥ ne ≠ infin ∞ asymp ≈ OElig Œ oelig œ Scaron Š scaron š Zcaron Ž
  zcaron ž Yuml Ÿ Ccaron Č ccaron č Rcaron Ř rcaron ř Ecaron Ě ecaron ě Lstrok Ł lstrok ł Aogon Ą aogon ą
  Eogon Ę eogon ę Cacute Ć cacute ć Nacute Ń nacute ń Sacute Ś sacute ś Zacute Ź zacute ź Zdot Ż zdot ż
  Gbreve Ğ gbreve ğ Idot İ imath ı Scedil Ş scedil ş fnof ƒ circ ˆ tilde ˜ check ✓ star ☆ phone ☎`

const named: ReadonlyMap<string, string> = new Map([
  ...latin.split(/\s+/).map((name, at) => [name, String.fromCharCode(0xa0 + at)] as const),
  ...pairs(others.split(/\s+/)),
  ['ensp', '\u2002'],
  ['emsp', '\u2003'],
  ['thinsp', '\u2009'],
  // They are seen by nobody, and part no words.
  ['shy', ''],
  ['zwnj', ''],
  ['zwj', ''],
  ['lrm', ''],
  ['rlm', ''],
])

function pairs(words: readonly string[]): (readonly [string, string])[] {
  const found: (readonly [string, string])[] = []
  for (let at = 0; at + 1 < words.length; at += 2)
    found.push([words[at] ?? '', words[at + 1] ?? ''])
  return found
}

/** What numbers from 128 on mean: Windows wrote them so (HTML §13.2.5.80). */
const ofWindows = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

/** Text of HTML with its character references decoded: numbers, and the names that mail is full of. */
export function decodeReferences(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,6}\d{0,2}));/gi,
    (whole, ten, hex, name) => {
      if (name !== undefined) return namedCharacter(String(name)) ?? whole
      const code = ten === undefined ? Number.parseInt(hex, 16) : Number(ten)
      if (code >= 0x80 && code <= 0x9f) return ofWindows.charAt(code - 0x80)
      const isText = code > 31 && code < 0x11_0000 && (code < 0xd800 || code > 0xdfff)
      return isText ? String.fromCodePoint(code) : whole
    },
  )
}

/** Upper and lower case are different letters, but for names that are written in capitals. */
function namedCharacter(name: string): string | undefined {
  return named.get(name) ?? (/^[A-Z]+$/.test(name) ? named.get(name.toLowerCase()) : undefined)
}
