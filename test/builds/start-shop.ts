import { init } from '@zenovay/tracker'
import { capture, errors } from '@zenovay/tracker/capture'
import { showAbout } from '../../demo/app/show-about.js'
import { startRouter } from '../../demo/app/start-router.js'
import { showBasket } from './show-basket.js'
import { showPayment } from './show-payment.js'

const { trackingCode, apiUrl } = document.querySelector<HTMLElement>('#view')!.dataset

// As the demo app starts, with views that have more faults.
startRouter({ '/app/': showBasket, '/app/payment': showPayment, '/app/about': showAbout })
init(trackingCode!, { apiUrl: apiUrl!, allowLocalhost: true })
capture(errors)
