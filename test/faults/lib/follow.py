"""A foreign application: follows one document by the public feed alone, and fetches the reply to it by its link.

usage: follow.py AMQP_URL TITLE ACCOUNT PASSWORD   prints one JSON line a record of the story, then the reply
"""
import base64, json, sys, urllib.error, urllib.request
import pika

url, title, account, password = sys.argv[1:5]


def fetch(link):
    """The message; None where it is not this account's, as most on a city's feed are not."""
    request = urllib.request.Request(link)
    login = base64.b64encode(f"{account}:{password}".encode()).decode()
    request.add_header("Authorization", f"Basic {login}")
    try:
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise


connection = pika.BlockingConnection(pika.URLParameters(url))
channel = connection.channel()
queue = channel.queue_declare("", exclusive=True).method.queue
for exchange, keys in {"yizhan.deliveries": ["document.#"], "yizhan.events": ["document.#", "reply.accepted.#"]}.items():
    channel.exchange_declare(exchange, "topic", durable=True)
    for key in keys:
        channel.queue_bind(queue, exchange, key)
print("ready", flush=True)

story = None
for method, properties, body in channel.consume(queue, inactivity_timeout=60):
    if method is None:
        sys.exit("nothing came")
    channel.basic_ack(method.delivery_tag)
    record = json.loads(body)
    data = record["data"]
    if story is None and data["kind"] == "document" and data["state"] == "accepted":
        message = fetch(data["link"])
        if message is not None and message["document"]["title"] == title:
            story = properties.correlation_id
    if story is None or properties.correlation_id != story:
        continue
    assert properties.message_id == record["id"] and properties.type == record["type"], properties
    assert properties.content_type.startswith("application/cloudevents+json"), properties
    print(json.dumps({"key": method.routing_key, "exchange": method.exchange, **data}), flush=True)
    if data["kind"] == "reply":
        print(json.dumps(fetch(data["link"]), ensure_ascii=False), flush=True)
        break
connection.close()
