<?php
// Looks a name up with dns_get_record (libresolv) or a stream (getaddrinfo).
[, $how, $name, $type] = $argv;
$start = hrtime(true);
if ($how === 'records') {
	$found = dns_get_record($name, $type === 'A' ? DNS_A : DNS_AAAA);
	echo $found ? implode("\n", array_map(fn($r) => $r['ip'] ?? $r['ipv6'], $found)) . "\n" : "error: no records\n";
} else {
	$text = @file_get_contents("http://$name:8080/");
	echo $text === false ? 'error: ' . error_get_last()['message'] . "\n" : $text;
}
echo 'took ', (hrtime(true) - $start) / 1e6, "\n";
