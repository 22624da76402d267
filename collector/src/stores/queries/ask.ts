/** Asks the store in SQL, with the values of its parameters; resolves to the rows. */
export type Ask = <Row>(sql: string, params: Record<string, unknown>) => Promise<Row[]>
