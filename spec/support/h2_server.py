"""An HTTP/2 server of raw frames over TLS, which misbehaves as its first argument says.

    h2_server.py MODE CERT KEY      prints its port, and serves until it is killed
"""
import signal
import socket
import ssl
import struct
import sys
import threading

DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY = 0, 1, 3, 4, 7
END_STREAM, END_HEADERS, ACK = 1, 4, 1
INTERNAL_ERROR, REFUSED_STREAM = 2, 7
STATUS_200 = b"\x88"  # HPACK: the eighth entry of the static table
PREFACE_BYTES = 24


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def headers(stream):
    return frame(HEADERS, END_HEADERS, stream, STATUS_200)


def reset(stream, why):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", why))


def goaway(last):
    return frame(GOAWAY, 0, 0, struct.pack(">II", last, INTERNAL_ERROR))


# What a request gets when it is whole: bytes, and whether the connection ends. `number` counts those of the
# connection.
def answer(mode, stream, number):
    good = headers(stream) + frame(DATA, END_STREAM, stream, b"ok\n")
    if mode == "reset" or mode == "resets-even" and number % 2 == 0:
        return reset(stream, INTERNAL_ERROR), False
    if mode == "resets-amid":
        half = headers(stream) + frame(DATA, 0, stream, b"half")
        return half + reset(stream, INTERNAL_ERROR), False
    if mode == "refuses-first" and number == 1:
        return reset(stream, REFUSED_STREAM), False
    if mode == "goaway":
        return goaway(0), True
    if mode == "closes":
        return b"", True
    if mode == "garbage":
        return b"\xff" * 64, False
    return good, False


def read(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def serve(mode, context, plain):
    number = 0
    try:
        connection = context.wrap_socket(plain, server_side=True)
        read(connection, PREFACE_BYTES)
        connection.sendall(frame(SETTINGS, 0, 0))
        while True:
            head = read(connection, 9)
            kind, flags, stream = struct.unpack(">BBI", head[3:])
            read(connection, int.from_bytes(head[:3], "big"))
            if kind == SETTINGS and not flags & ACK:
                connection.sendall(frame(SETTINGS, ACK, 0))
            if kind not in (HEADERS, DATA) or not flags & END_STREAM:
                continue
            number += 1
            data, ends = answer(mode, stream, number)
            connection.sendall(data)
            if ends:
                break
        connection.close()
    except (EOFError, OSError):
        pass
    plain.close()


def main(mode, cert, key):
    signal.signal(signal.SIGTERM, lambda number, stack: sys.exit(0))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    context.set_alpn_protocols(["h2"])
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        plain, _ = listener.accept()
        threading.Thread(target=serve, args=(mode, context, plain), daemon=True).start()


main(*sys.argv[1:4])
