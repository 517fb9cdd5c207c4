#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A bad line: relay.py LISTEN-PORT TARGET-PORT [BYTES]

Relays TCP on 127.0.0.1 from LISTEN-PORT to TARGET-PORT. Every other connection is dropped at once, and one that lives is
cut after BYTES from the server (0: never) until 20 have been cut.
"""
import socket
import sys
import threading

listen, target = int(sys.argv[1]), int(sys.argv[2])
limit = int(sys.argv[3]) if len(sys.argv) > 3 else 0
cuts = 0


def pump(source, sink, budget):
    """Copy until the end, or until BUDGET bytes are used up (None: no limit)."""
    try:
        while True:
            data = source.recv(65536)
            if not data:
                break
            sink.sendall(data)
            if budget is not None:
                budget -= len(data)
                if budget <= 0:
                    print("cut", flush=True)
                    break
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        end.close()


server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", listen))
server.listen(16)
count = 0
while True:
    client, _ = server.accept()
    count += 1
    if count % 2 == 1:
        print("dropped", flush=True)
        client.close()
        continue
    try:
        upstream = socket.create_connection(("127.0.0.1", target))
    except OSError:
        client.close()
        continue
    budget = None
    if limit and cuts < 20:
        cuts += 1
        budget = limit
    threading.Thread(target=pump, args=(client, upstream, None), daemon=True).start()
    threading.Thread(target=pump, args=(upstream, client, budget), daemon=True).start()
