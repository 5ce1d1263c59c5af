/** What was typed or pasted into the search box, as the address to go to. */
export function jumpTarget(text: string): string {
  const line = text.trim()
  // A reply or a bounce has the id behind "Ref"; an id alone is 16 characters.
  const ref = /\bRef\s+([0-9a-z]{8,16})\b/.exec(line)?.[1]
  const whole = /^(?:msg_)?([0-9a-z]{16})$/.exec(line)?.[1]
  const id = ref ?? whole
  if (id !== undefined) return `/messages/${id}`
  const messageId = /^<[^<>\s]+@[^<>\s]+>$/.exec(line)?.[0]
  const q = messageId === undefined ? line : `message-id:${messageId}`
  return q === '' ? '/' : `/?${new URLSearchParams({ q }).toString()}`
}
