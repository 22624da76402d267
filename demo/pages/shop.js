// The shop's own script: a cart in this browser, and the two events that it sends to the analytics. Everything else is
// captured.
const CART = 'quillbrook-cart'
const find = (id) => document.getElementById(id)
const readCart = () => JSON.parse(localStorage.getItem(CART) ?? '[]')
const euros = (amount) => `€ ${amount.toFixed(2)}`
const total = (items) => items.reduce((sum, { price }) => sum + price, 0)

function writeCart(items) {
  localStorage.setItem(CART, JSON.stringify(items))
  showCart()
}

function showCart() {
  const items = readCart()
  find('cart-count').textContent = items.length
  if (!find('cart')) return
  find('cart').hidden = items.length === 0
  find('cart-empty').hidden = items.length > 0
  find('cart-total').textContent = euros(total(items))
  find('place-order').dataset.zenovayRevenue = total(items)
  find('cart-items').replaceChildren(
    ...items.map(({ product, price }) => {
      const row = document.createElement('li')
      row.append(product, Object.assign(document.createElement('span'), { textContent: euros(price) }))
      return row
    }),
  )
}

find('add-to-cart')?.addEventListener('click', ({ currentTarget }) => {
  const item = { product: currentTarget.dataset.product, price: Number(currentTarget.dataset.price) }
  writeCart([...readCart(), item])
  find('added').textContent = 'In your cart.'
  zenovay('track', 'add_to_cart', item)
})

find('place-order')?.addEventListener('click', () => {
  const items = readCart()
  zenovay('track', 'order_placed', { items: items.length, total: total(items) })
  writeCart([])
  find('cart-empty').hidden = true
  find('ordered').textContent = 'Thank you. Nothing was charged, and no tea is on its way.'
})

find('notify-me')?.addEventListener('click', ({ currentTarget }) => {
  currentTarget.textContent = 'We will'
})

find('newsletter')?.addEventListener('submit', (event) => {
  event.preventDefault()
  event.target.reset()
  find('signed-up').textContent = 'Thank you. No letter is on its way.'
})

// A fault on purpose: no item has a voucher.
find('voucher')?.addEventListener('click', () => {
  find('cart-total').textContent = euros(readCart().at(-1).voucher.amount)
})

const term = new URLSearchParams(location.search).get('q') ?? ''
if (find('results')) {
  find('q').value = term
  const found = [...find('results').children].filter((row) => {
    row.hidden = !row.textContent.toLowerCase().includes(term.trim().toLowerCase())
    return !row.hidden
  })
  find('found').textContent = `${found.length} of our teas`
}

// A page that comes back from the back/forward cache shows the cart of now.
addEventListener('pageshow', showCart)
