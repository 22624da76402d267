# Usage: send.sh ENDPOINT SESSION [URL-FIELD-NAME]: a field misnamed is a field missing.
for event in '"event_type": "custom", "event_name": "from_curl", "properties": {"order": "A-1", "value": 9.5, "paid": true}' '"event_type": "custom", "event_name": "empty_from_curl", "properties": {}' '"event_type": "pageview", "referrer": ""'; do
  curl -s -w ' %{http_code}\n' -X POST "$1" -H "Content-Type: application/json" -d "{
    $event,
    \"${3:-url}\": \"https://example.com/from-curl\",
    \"session_id\": \"$2\",
    \"device_type\": \"server\",
    \"browser\": \"server\",
    \"os\": \"Linux\",
    \"user_agent\": \"Shop-Server/2.0\"
  }"
done
