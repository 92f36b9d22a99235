"""Requests to servers that answer badly."""

import socket
import threading
import time
import urllib.request

import pytest
from penstock_ml import exchange


@pytest.fixture
def told():
    """A server that says what it is told, byte by byte, and then closes."""
    listening = socket.create_server(("127.0.0.1", 0))
    threads = []

    def tell(head, pieces, pause=0.0):
        def serve():
            with listening.accept()[0] as connection:
                connection.recv(65536)
                connection.sendall(head)
                for piece in pieces:
                    time.sleep(pause)
                    try:
                        connection.sendall(piece)
                    except OSError:
                        return

        threads.append(threading.Thread(target=serve, daemon=True))
        threads[-1].start()
        return urllib.request.Request(f"http://127.0.0.1:{listening.getsockname()[1]}/")

    yield tell
    for thread in threads:
        thread.join(5)
    listening.close()


def test_an_answer_that_is_cut_off_is_no_answer(told):
    request = told(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", [b"12345"])
    with pytest.raises(SystemExit, match="IncompleteRead"):
        exchange.send(request, patience=10, longest=100)


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Plugh: ", b"HTTP"])
def test_who_sends_a_byte_now_and_then_is_not_listened_to_for_ever(told, head):
    request = told(head, [b"x"] * 40, pause=0.05)
    with pytest.raises(SystemExit, match="takes too long"):
        exchange.send(request, patience=0.5, longest=100)


def test_of_what_is_too_long_one_byte_more_is_read(told):
    request = told(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", [b"x" * 5000])
    status, content = exchange.send(request, patience=10, longest=100)
    assert (status, len(content)) == (200, 101)
