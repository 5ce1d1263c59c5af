import { effect, signal } from '@preact/signals'
import { keep, kept } from './kept.ts'

export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

export const theme = signal<Theme>(themes.find((one) => one === kept('theme')) ?? 'system')

/** Wears the theme, now and when it changes. */
export function startTheme(): void {
  effect(() => {
    document.documentElement.dataset['theme'] = theme.value
    keep('theme', theme.value)
  })
}
