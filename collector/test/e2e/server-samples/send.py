import sys
import requests

endpoint, session = sys.argv[1:3]
url_field = sys.argv[3] if len(sys.argv) > 3 else 'url'
server = {'device_type': 'server', 'browser': 'server', 'os': 'Linux', 'user_agent': 'Shop-Server/2.0'}

for event in [
    {'event_type': 'custom', 'event_name': 'from_python', 'properties': {'order': 'A-1', 'value': 9.5, 'paid': True}},
    {'event_type': 'custom', 'event_name': 'empty_from_python', 'properties': {}},
    {'event_type': 'pageview', 'referrer': ''},
]:
    body = {**event, url_field: 'https://example.com/from-python', 'session_id': session, **server}
    answer = requests.post(endpoint, json=body, timeout=30)
    print(answer.text, answer.status_code)
