import { findElement } from './find-element.js'

export interface TableRow {
  /** Heads the row. Text of visitors comes as text, never as markup. */
  head: string | HTMLElement
  cells: string[]
  /** Part of the largest row, 0 to 1, drawn behind the head. */
  part?: number
}

const shown = new WeakMap<HTMLElement, string>()

/** Fills a table's body. It is left as it is when `rows` say what they said before, and so are focus and selection. */
export function fillTable<Row>(id: string, rows: Row[], toRow: (row: Row) => TableRow): void {
  const table = findElement(id, HTMLTableElement)
  const content = JSON.stringify(rows)
  if (shown.get(table) === content) return
  shown.set(table, content)
  table.tBodies[0]!.replaceChildren(...rows.map((row) => createRow(toRow(row))))
}

function createRow({ head, cells, part }: TableRow): HTMLTableRowElement {
  const row = document.createElement('tr')
  const heading = document.createElement('th')
  heading.scope = 'row'
  heading.append(typeof head === 'string' ? isolate(head) : head)
  if (part !== undefined) heading.style.setProperty('--part', `${100 * part}%`)
  row.append(heading)
  for (const cell of cells) row.insertCell().textContent = cell
  return row
}

/** A right-to-left mark in a name must not turn the numbers beside it around. */
function isolate(text: string): HTMLElement {
  const element = document.createElement('bdi')
  element.textContent = text
  element.title = text
  return element
}
