/** What stands in the fields of a form, as text. */
export function fieldsOf(event: SubmitEvent): (name: string) => string {
  event.preventDefault()
  const form = event.currentTarget
  const data = form instanceof HTMLFormElement ? new FormData(form) : new FormData()
  return (name) => {
    const value = data.get(name)
    return typeof value === 'string' ? value.trim() : ''
  }
}
