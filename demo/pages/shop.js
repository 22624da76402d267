// The shop's own script: a cart in this browser, and the two events that it sends to the analytics.
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

// A page that comes back from the back/forward cache shows the cart of now.
addEventListener('pageshow', showCart)
