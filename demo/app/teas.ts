export interface Tea {
  name: string
  minutes: number
  celsius: number
}

export const TEAS: Tea[] = [
  { name: 'Harbour Breakfast', minutes: 4, celsius: 95 },
  { name: 'Cedar Oolong', minutes: 3, celsius: 90 },
  { name: 'First Frost Mint', minutes: 6, celsius: 100 },
  { name: 'Orchard Rooibos', minutes: 7, celsius: 100 },
]

let chosen = TEAS[0]!

export const chosenTea = (): Tea => chosen

export function chooseTea(tea: Tea): void {
  chosen = tea
}
