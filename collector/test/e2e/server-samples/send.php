<?php
[, $endpoint, $session] = $argv;
$server = ['device_type' => 'server', 'browser' => 'server', 'os' => 'Linux', 'user_agent' => 'Shop-Server/2.0'];

// An empty array of PHP is a list in JSON: [].
foreach ([
    ['event_type' => 'custom', 'event_name' => 'from_php', 'properties' => ['order' => 'A-1', 'value' => 9.5, 'paid' => true]],
    ['event_type' => 'custom', 'event_name' => 'empty_from_php', 'properties' => []],
    ['event_type' => 'pageview', 'referrer' => ''],
] as $event) {
    $body = array_merge($event, [$argv[3] ?? 'url' => 'https://example.com/from-php', 'session_id' => $session], $server);
    $request = curl_init($endpoint);
    curl_setopt_array($request, [
        CURLOPT_POST => true,
        CURLOPT_POSTFIELDS => json_encode($body),
        CURLOPT_HTTPHEADER => ['Content-Type: application/json'],
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 30,
    ]);
    $answer = curl_exec($request);
    echo $answer, ' ', curl_getinfo($request, CURLINFO_HTTP_CODE), "\n";
}
