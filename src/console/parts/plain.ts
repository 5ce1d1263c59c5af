/** Text of strangers, hours and numbers, as they can be shown without harm. */

// What turns or hides text (bidi controls, zero width) is shown as its number, never obeyed.
const unseen =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu

/** Foreign text with everything in sight. */
export function plainly(text: string): string {
  return text.replace(unseen, (mark) => {
    const code = mark.codePointAt(0) ?? 0
    return `\u27e8U+${code.toString(16).toUpperCase().padStart(4, '0')}\u27e9`
  })
}

const pad = (value: number): string => String(value).padStart(2, '0')

/** The hour, in this browser's zone. */
export function clock(iso: string): string {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return iso
  return `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`
}

/** The hour when it is of today, else the day and the hour. */
export function when(iso: string, now: number = Date.now()): string {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return iso
  if (new Date(now).toDateString() === at.toDateString()) return clock(iso)
  const day = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`
  return `${day} ${pad(at.getHours())}:${pad(at.getMinutes())}`
}

/** `38 ms`, `2.4 s`, `3 min`, `4 h`. */
export function span(ms: number): string {
  if (ms < 1_000) return `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  if (ms < 5_400_000) return `${Math.round(ms / 60_000)} min`
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`
  return `${Math.round(ms / 86_400_000)} days`
}

/** `184 octets`, `12.3 KB`. */
export function size(octets: number): string {
  if (octets < 1_000) return `${octets} octets`
  if (octets < 1_000_000) return `${(octets / 1_000).toFixed(1)} KB`
  return `${(octets / 1_000_000).toFixed(1)} MB`
}

/** `1 message`, `12 408 messages`. */
export function count(number: number, one: string, many: string = `${one}s`): string {
  return `${number.toString().replace(/\B(?=(\d{3})+$)/g, '\u202f')} ${number === 1 ? one : many}`
}
