/**
 * What is missing or other in `now` of what `before` said, as paths. New fields and, at the end of a
 * list, new elements are no loss. Sentences may become better ones, as long as there is one: programs
 * read words and codes, people read sentences.
 */
export function lostFields(before: unknown, now: unknown, path = '$'): readonly string[] {
  if (Array.isArray(before)) {
    if (!Array.isArray(now)) return [`${path}: a list became ${typeof now}`]
    return before.flatMap((one, index) => lostFields(one, now[index], `${path}[${index}]`))
  }
  if (isObject(before)) {
    if (!isObject(now)) return [`${path}: an object became ${typeof now}`]
    return Object.entries(before).flatMap(([name, value]) => {
      if (!(name in now)) return [`${path}.${name}: gone`]
      return lostFields(value, now[name], `${path}.${name}`)
    })
  }
  if (before === now) return []
  const name = /\.([a-z_]+)$/.exec(path)?.[1]
  if (name !== undefined && sentences.has(name) && typeof now === 'string' && now !== '') return []
  // 0.1.0 had the recipient that was settled last stand for all.
  if (name === 'status' && typeof now === 'string' && now.startsWith('partly ')) return []
  return [`${path}: ${JSON.stringify(before)} became ${JSON.stringify(now)}`]
}

/** The fields that hold prose. */
const sentences: ReadonlySet<string> = new Set(['answer', 'question', 'summary', 'did', 'because'])

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
