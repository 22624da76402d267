/** The trimmed cells of every table row in a Markdown page; Prettier pads them to align the columns. */
export const tableRows = (page: string): string[][] =>
  page
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
