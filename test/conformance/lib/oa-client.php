<?php
// Calls operations of a SOAP service with PHP's own SoapClient, as an integrator's script would.
// stdin: {"wsdl": url, "login": name, "password": text, "how": "basic" | "digest", "version": 1 | 2, "calls": [[operation, arguments]]}
// stdout: [{"result": …} | {"fault": code, "detail": …}]
ini_set('soap.wsdl_cache_enabled', '0');
$job = json_decode(stream_get_contents(STDIN), true);
$options = ['exceptions' => true, 'trace' => true, 'features' => SOAP_SINGLE_ELEMENT_ARRAYS, 'soap_version' => $job['version'] === 2 ? SOAP_1_2 : SOAP_1_1, 'compression' => $job['gzip'] ?? false ? SOAP_COMPRESSION_ACCEPT | SOAP_COMPRESSION_GZIP | 5 : null];
if ($options['compression'] === null) unset($options['compression']);
if ($job['how'] === 'basic') $options += ['login' => $job['login'], 'password' => $job['password']];
$client = new SoapClient($job['wsdl'], $options);

function token(string $name, string $password): SoapHeader {
    $wsse = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';
    $wsu = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd';
    $type = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest';
    $nonce = random_bytes(16);
    $created = gmdate('Y-m-d\TH:i:s\Z');
    $digest = base64_encode(sha1($nonce . $created . $password, true));
    $xml = "<wsse:Security xmlns:wsse=\"$wsse\" xmlns:wsu=\"$wsu\"><wsse:UsernameToken><wsse:Username>$name</wsse:Username><wsse:Password Type=\"$type\">$digest</wsse:Password><wsse:Nonce>" . base64_encode($nonce) . "</wsse:Nonce><wsu:Created>$created</wsu:Created></wsse:UsernameToken></wsse:Security>";
    return new SoapHeader($wsse, 'Security', new SoapVar($xml, XSD_ANYXML), true);
}

$answers = [];
foreach ($job['calls'] as [$operation, $arguments]) {
    // Files come as base64 and are handed over as bytes: the WSDL's base64Binary is SoapClient's affair.
    array_walk_recursive($arguments, function (&$value, $key) { if ($key === 'content') $value = base64_decode($value); });
    try {
        if ($job['how'] === 'digest') $client->__setSoapHeaders([token($job['login'], $job['password'])]);
        $result = $client->__soapCall($operation, [$arguments]);
        $plain = json_decode(json_encode(base64s($result)), true);
        $answers[] = ['result' => $plain];
    } catch (SoapFault $fault) {
        $answers[] = ['fault' => $fault->faultcode, 'text' => $fault->getMessage(), 'detail' => json_decode(json_encode($fault->detail ?? null), true)];
    }
}
echo json_encode($answers, JSON_UNESCAPED_UNICODE);

/** Bytes are no JSON. */
function base64s($value) {
    if (is_string($value)) return preg_match('//u', $value) === 1 ? $value : 'base64:' . base64_encode($value);
    if (is_object($value)) $value = get_object_vars($value);
    return is_array($value) ? array_map('base64s', $value) : $value;
}
