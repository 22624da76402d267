import { TEAS, type Tea } from '../../demo/app/teas.js'
import { createView } from './create-view.js'

interface Basket {
  lines: Tea[]
  empty: () => void
}

// Not declared anywhere.
declare const teaClub: { discount: number }

// What the server was thought to send.
const basket = JSON.parse('{}') as Basket

/** Its name is that of the class, which a minifier changes. */
class StockError extends Error {
  constructor(message: string) {
    super(message)
    this.name = this.constructor.name
  }
}

// Nothing below calls in tail position: Safari drops the frame of such a caller.
function sumUp(lines: Tea[]): number {
  const minutes = lines.reduce((sum, tea) => sum + tea.minutes, 0)
  return minutes + lines.length
}

function take(bags: number, url: string): void {
  throw new StockError(`${bags} bags of '${TEAS[bags % 4]!.name}' are missing at ${url}`)
}

function brew(cups: number): number {
  return pour(cups) + 1
}
function pour(cups: number): number {
  return brew(cups - 0.5) + 1
}

export const showBasket = createView('Basket', {
  'Sum up': () => void sumUp(basket.lines),
  Empty: () => void basket.empty(),
  Discount: () => void teaClub.discount,
  'Take some': () => void take(7, 'https://stock.example/7?token=a'),
  'Take more': () => void take(12, 'https://stock.example/shelf/12'),
  Brew: () => void brew(2),
})
