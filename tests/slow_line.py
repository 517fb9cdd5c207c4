#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A slow line: slow_line.py LISTEN-PORT TARGET-PORT BYTES-PER-SECOND

Relays TCP on 127.0.0.1 from LISTEN-PORT to TARGET-PORT; what the server sends passes at that rate.
"""
import socket
import sys
import threading
import time

listen, target, rate = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
TURN = 0.1


def pump(source, sink, limit):
    """Copy until the end, at most LIMIT bytes a turn (0: no limit)."""
    try:
        while True:
            data = source.recv(limit or 65536)
            if not data:
                break
            sink.sendall(data)
            if limit:
                time.sleep(TURN)
    except OSError:
        pass
    for end in (source, sink):
        end.close()


server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", listen))
server.listen()
while True:
    client, _ = server.accept()
    upstream = socket.create_connection(("127.0.0.1", target))
    threading.Thread(target=pump, args=(client, upstream, 0), daemon=True).start()
    threading.Thread(target=pump, args=(upstream, client, max(1, int(rate * TURN))), daemon=True).start()
