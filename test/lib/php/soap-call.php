<?php
// Reads a PhpSoapCall (test/lib/php.ts) as JSON from standard input and prints a PhpSoapAnswer.
declare(strict_types=1);

/** {"base64": "…"} becomes the bytes, which SoapClient encodes again where the schema says base64Binary. */
function decodeBytes(mixed $value): mixed
{
    if (!is_array($value)) {
        return $value;
    }
    if (array_keys($value) === ['base64']) {
        return base64_decode($value['base64'], true);
    }
    return array_map('decodeBytes', $value);
}

$call = json_decode(file_get_contents('php://stdin'), true, 512, JSON_THROW_ON_ERROR);
$options = ($call['options'] ?? []) + ['trace' => true, 'exceptions' => true, 'connection_timeout' => 10];
$answer = [];
$client = null;
try {
    $client = new SoapClient($call['wsdl'], $options);
    $headers = array_map(
        fn (string $xml) => new SoapHeader('urn:yizhan:test', 'header', new SoapVar($xml, XSD_ANYXML)),
        $call['headers'] ?? [],
    );
    $answer['result'] = $client->__soapCall($call['operation'], [decodeBytes($call['parameters'])], null, $headers);
} catch (SoapFault $fault) {
    $answer['fault'] = [
        'code' => $fault->faultcode,
        'message' => $fault->getMessage(),
        'detail' => $fault->detail ?? null,
    ];
}
$answer['request'] = $client?->__getLastRequest();
$answer['response'] = $client?->__getLastResponse();
// A result may hold bytes or GBK text that JSON cannot: the bytes are in the response.
echo json_encode($answer, JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE | JSON_THROW_ON_ERROR);
