import { signal } from '@preact/signals'
import { keep, kept } from './kept.ts'
import { back, path } from './route.ts'

/** Single keys can be switched off: who speaks to a page, or strikes by mistake, does not want them. */
export const keysOn = signal(kept('keys') !== 'off')
export const helpShown = signal(false)

export function setKeys(on: boolean): void {
  keysOn.value = on
  keep('keys', on ? 'on' : 'off')
}

/** All keys, for the help. */
export const keyHelp: readonly (readonly [string, string])[] = [
  ['/', 'to the search box'],
  ['j  k', 'the next row, the one before'],
  ['Enter', 'open the row'],
  ['u', 'back to the list, to the same row'],
  ['w', 'what if? (on a message)'],
  ['?', 'this help'],
  ['Esc', 'close what is open'],
]

function rows(): readonly HTMLElement[] {
  return Array.from(document.querySelectorAll<HTMLElement>('[data-row]'))
}

function moveBy(step: 1 | -1): void {
  const all = rows()
  const here = all.findIndex((row) => row === document.activeElement)
  const next = here === -1 ? (step === 1 ? 0 : all.length - 1) : here + step
  all[Math.max(0, Math.min(next, all.length - 1))]?.focus()
}

function inField(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, select') !== null
}

const actions: Readonly<Record<string, () => void>> = {
  '/': () => document.querySelector<HTMLElement>('#search')?.focus(),
  j: () => moveBy(1),
  k: () => moveBy(-1),
  u: () => {
    if (path.value.startsWith('/messages/')) back('/')
  },
  w: () => document.querySelector<HTMLElement>('[data-key="w"]')?.click(),
  '?': () => {
    helpShown.value = true
  },
}

function onKey(event: KeyboardEvent): void {
  if (event.key === 'Escape' && inField(event.target)) (event.target as HTMLElement).blur()
  if (!keysOn.value || event.ctrlKey || event.metaKey || event.altKey) return
  if (inField(event.target) || document.querySelector('dialog[open]') !== null) return
  const action = actions[event.key]
  if (action === undefined) return
  event.preventDefault()
  action()
}

export function startKeys(): void {
  document.addEventListener('keydown', onKey)
}
