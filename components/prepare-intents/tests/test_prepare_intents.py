import hashlib
import http.server
import threading

import pytest
from penstock_ml import dataset
from penstock_ml.download import UnreachableError
from penstock_ml.wire import InputError

WANTED = {
    "lost card": "my card is gone, I lost it",
    "exchange rate": 'what "rate" do you give for euros',
    "pin": "change the pin",
}


def table(count):
    rows = [f'"{text.replace(chr(34), chr(34) * 2)} {n}",{name}' for name, text in WANTED.items() for n in range(count)]
    return "\n".join(["text,category", *rows, ""]).encode()


FILES = {
    "/train.csv": table(20),
    "/test.csv": table(5),
    "/strange.csv": b"text,category\nhello,greeting\n",
    "/other.csv": b"question,answer\nwhy,because\n",
    "/empty.csv": b"text,category\n",
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path[1:].isdigit():
            self.send_error(int(self.path[1:]))
        elif self.path not in FILES:
            self.send_error(404)
        else:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(FILES[self.path])

    def log_message(self, *words):
        pass


@pytest.fixture
def site():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def prepare(step, tmp_path, site, train="/train.csv", test="/test.csv", **other):
    digests = {
        f"{split}_digest": hashlib.sha256(FILES.get(path, b"")).hexdigest()
        for split, path in (("train", train), ("test", test))
    }
    given = {"train_url": site + train, "test_url": site + test, **digests, **other}
    return step("prepare-intents", artifacts={"dataset": tmp_path / "d"}, **given)


def test_the_test_file_stays_the_test(step, site, tmp_path):
    assert prepare(step, tmp_path, site) == {"samples": 75, "classes": 3}
    prepared = dataset.load(tmp_path / "d")
    assert prepared.classes == ("exchange rate", "lost card", "pin")
    assert (len(prepared.train), len(prepared.validation), len(prepared.test)) == (54, 6, 15)
    assert str(prepared.test.samples[5]) == 'what "rate" do you give for euros 0'
    assert prepared.test.labels.tolist() == [1] * 5 + [0] * 5 + [2] * 5
    step("train", artifacts={"model": tmp_path / "m"}, dataset=tmp_path / "d", algorithm="SupportVectors")
    outputs = step("report", artifacts={"confusion": tmp_path / "c"}, dataset=tmp_path / "d", model=tmp_path / "m")
    assert outputs["accuracy"] == 1


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"train_digest": "0" * 64}, "nothing of it is used"),
        ({"train_digest": "0" * 63}, "must be 64 digits"),
        ({"train_url": "file:///etc/passwd"}, "must begin with http"),
        ({"train": "/nowhere.csv"}, "answers 404"),
        ({"train": "/other.csv"}, "no CSV file with the columns text, category"),
        ({"train": "/empty.csv"}, "has no rows"),
        ({"train": "/test.csv", "holdout": 0.1}, "5 texts, too few for a holdout"),
        ({"test": "/strange.csv"}, "category 'greeting', which the training file has not"),
    ],
)
def test_what_cannot_be_used_is_refused(step, site, tmp_path, inputs, message):
    with pytest.raises(InputError, match=message):
        prepare(step, tmp_path, site, **inputs)
    assert not (tmp_path / "d").exists()


def test_more_than_a_file_may_have_is_not_read(step, site, tmp_path, monkeypatch):
    monkeypatch.setattr("prepare_intents.MOST", 100)
    with pytest.raises(InputError, match="more than 100 bytes"):
        prepare(step, tmp_path, site)


def test_a_server_that_is_ill_is_asked_again(step, site, tmp_path):
    for code in ("503", "429"):
        with pytest.raises(UnreachableError, match=code):
            prepare(step, tmp_path, site, train=f"/{code}")
    with pytest.raises(UnreachableError, match="cannot fetch"):
        prepare(step, tmp_path, "http://127.0.0.1:1")
