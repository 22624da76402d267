import { findElement } from './find-element.js'

interface TableRow {
  /** Heading of the row. Text from visitors is inserted as text, never as markup. */
  head: string | HTMLElement
  cells: (string | HTMLElement)[]
  /** Share of the largest row, 0 to 1, drawn behind the heading. */
  share?: number
}

// The content of each table.
const shown = new WeakMap<HTMLElement, string>()

/** Fills the body of a table. Unchanged rows are not replaced, to keep focus and selection. */
export function fillTable<Row>(id: string, rows: Row[], toRow: (row: Row) => TableRow): void {
  const table = findElement(id, HTMLTableElement)
  const content = JSON.stringify(rows)
  if (shown.get(table) === content) return
  shown.set(table, content)
  table.tBodies[0]!.replaceChildren(...rows.map((row) => createRow(toRow(row))))
}

function createRow({ head, cells, share }: TableRow): HTMLTableRowElement {
  const row = document.createElement('tr')
  const heading = document.createElement('th')
  heading.scope = 'row'
  heading.append(typeof head === 'string' ? isolate(head) : head)
  if (share !== undefined) heading.style.setProperty('--part', `${100 * share}%`)
  row.append(heading)
  for (const cell of cells) row.insertCell().append(cell)
  return row
}

/** Isolates text direction: a right-to-left name must not reorder the numbers beside it. */
function isolate(text: string): HTMLElement {
  const element = document.createElement('bdi')
  element.textContent = text
  element.title = text
  return element
}

/** A link to a visited page; plain text unless the URL is http(s). */
export function createPageLink(address: string, { withHost }: { withHost: boolean }): HTMLElement {
  const url = URL.canParse(address) ? new URL(address) : undefined
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:'
  const element = document.createElement(isWeb ? 'a' : 'bdi')
  element.dir = 'auto'
  element.textContent =
    url && isWeb ? (withHost ? url.host : '') + decode(url.pathname + url.search) : address
  element.title = address
  if (element instanceof HTMLAnchorElement) {
    element.href = address
    element.target = '_blank'
    element.rel = 'noopener noreferrer nofollow'
  }
  return element
}

/**
 * Decodes `%C3%A9` to é. Paths with invisible or direction-changing characters stay encoded: they could
 * imitate another page.
 */
function decode(path: string): string {
  try {
    const decoded = decodeURI(path)
    return /[\p{C}\p{Zl}\p{Zp}]/u.test(decoded) ? path : decoded
  } catch {
    return path
  }
}
