import { computed, signal } from '@preact/signals'

/** Where the page is: what it shows is in its address. */
interface Place {
  readonly path: string
  readonly query: URLSearchParams
}

const place = signal<Place>(read())

export const path = computed(() => place.value.path)
export const query = computed(() => place.value.query)

/** How many steps of the page's own lie behind: so many can be gone back without leaving it. */
let depth = 0

function read(): Place {
  const { pathname, search } = window.location
  return { path: pathname, query: new URLSearchParams(search) }
}

/** Goes to an address of the page. */
export function go(to: string): void {
  window.history.pushState({ depth: ++depth }, '', to)
  place.value = read()
  window.scrollTo(0, 0)
}

/** Changes the address in place: what is typed and chosen within a page is no step of its own. */
export function stay(to: string): void {
  window.history.replaceState({ depth }, '', to)
  place.value = read()
}

/** Goes back where the page came from, else to another address. */
export function back(otherwise: string): void {
  if (depth > 0) window.history.back()
  else go(otherwise)
}

/** The address of a path with some of the present query changed; `null` takes a part away. */
export function withQuery(
  changes: Readonly<Record<string, string | null>>,
  at: string = path.value,
): string {
  const next = new URLSearchParams(query.value)
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') next.delete(name)
    else next.set(name, value)
  }
  const text = next.toString()
  return text === '' ? at : `${at}?${text}`
}

function followLink(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  const link = event.target instanceof Element ? event.target.closest('a') : null
  if (link === null || link.target !== '' || link.hasAttribute('download')) return
  if (link.origin !== window.location.origin || link.pathname.startsWith('/v1/')) return
  const here = link.pathname === path.value && link.search === window.location.search
  if (link.hash !== '' && here) return
  event.preventDefault()
  if (here) return
  const to = link.pathname + link.search
  if (link.dataset['stay'] === undefined) go(to)
  else stay(to)
}

/** Lets links and the browser's own buttons move the page. */
export function startRoute(): void {
  document.addEventListener('click', followLink)
  window.addEventListener('popstate', (event) => {
    const state: unknown = event.state
    depth =
      typeof state === 'object' && state !== null && 'depth' in state ? Number(state.depth) : 0
    place.value = read()
  })
}
