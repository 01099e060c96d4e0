"""A foreign application: puts orders on a topic exchange, and reads by pattern what a station's flows make of them.

usage: orders.py AMQP_URL   then one JSON line a message that came back
"""
import json, sys
import pika

connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
channel = connection.channel()
channel.confirm_delivery()
queue = channel.queue_declare("", exclusive=True).method.queue
for exchange, keys in {"city.answers": ["order.*.done", "feed.#"], "city.orders": []}.items():
    channel.exchange_declare(exchange, "topic", durable=True)
    for key in keys:
        channel.queue_bind(queue, exchange, key)
print("ready", flush=True)
for line in sys.stdin:
    order = json.loads(line)
    properties = pika.BasicProperties(message_id=order["id"], content_type="application/json", delivery_mode=2)
    try:
        channel.basic_publish("city.orders", order["key"], json.dumps(order), properties, mandatory=True)
    except pika.exceptions.UnroutableError:
        print(json.dumps({"unroutable": order["id"]}), flush=True)
print("sent", flush=True)
for method, properties, body in channel.consume(queue, inactivity_timeout=60):
    if method is None:
        sys.exit("nothing came")
    channel.basic_ack(method.delivery_tag)
    print(json.dumps({"key": method.routing_key, "type": properties.type, "body": json.loads(body)}), flush=True)
