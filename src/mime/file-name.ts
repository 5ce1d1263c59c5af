const maxCharacters = 200

/** Controls, what turns the direction of writing or has no width, and halves of surrogate pairs. */
const unseen =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu

/** Names that are devices on some systems, whatever follows their first dot. */
const devices = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i

/**
 * The name that a sender gives a file, made harmless: without a path, without characters that cannot
 * be seen or that systems give a meaning, not hidden, and not longer than 200 characters, its ending
 * kept. `undefined` when nothing of it is left.
 */
export function harmlessName(name: string): string | undefined {
  const last = name.replace(unseen, '').split(/[/\\]/).at(-1) ?? ''
  const plain = last
    .replace(/[<>:"|?*\u0000]/g, '_')
    .replace(/\s+/g, ' ')
    .replace(devices, '_$&')
  const bare = shorten(withoutEdges(plain))
  return bare === '' ? undefined : bare
}

/** Without dots and spaces at both ends; by hand, as an expression would take quadratic time. */
function withoutEdges(name: string): string {
  let [start, end] = [0, name.length]
  while (start < end && '. '.includes(name.charAt(start))) start++
  while (end > start && '. '.includes(name.charAt(end - 1))) end--
  return name.slice(start, end)
}

function shorten(name: string): string {
  if (name.length <= maxCharacters) return name
  const dot = name.lastIndexOf('.')
  const ending = dot > 0 && name.length - dot <= 20 ? name.slice(dot) : ''
  const kept = name.slice(0, maxCharacters - ending.length)
  return `${kept.replace(/[\ud800-\udbff]$/, '')}${ending}`
}
