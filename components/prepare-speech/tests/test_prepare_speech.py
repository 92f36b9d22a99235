import hashlib
import io
import wave
import zipfile

import numpy as np
import pytest
import recordings
from penstock_ml import dataset, speech
from penstock_ml.wire import InputError

RATE = 8000


def spoken(word, speaker, number):
    """A word is two tones after each other, a speaker a loudness and a pitch: no speech, but of its form."""
    random = np.random.default_rng([word, speaker, number])
    time = np.arange(round(RATE * random.uniform(0.3, 0.5))) / RATE
    first, second = 300 + 250 * word, 2300 - 250 * word
    tone = np.where(time < time[-1] / 2, np.sin(2 * np.pi * first * time), np.sin(2 * np.pi * second * time))
    signal = (tone * (0.2 + 0.1 * speaker) + random.normal(0, 0.01, len(time))) * 2**14
    return sound(signal.astype("<i2").tobytes())


def sound(samples, channels=1):
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples)
    return target.getvalue()


def archive(path, files):
    with zipfile.ZipFile(path, "w") as target:
        for name, content in files.items():
            target.writestr(name, content)
    return {"url": str(path), "digest": hashlib.sha256(path.read_bytes()).hexdigest()}


def prepare(step, tmp_path, **given):
    return step("prepare-speech", artifacts={name: tmp_path / name for name in ("speech", "dataset")}, **given)


def test_recordings_are_told_apart_also_of_a_speaker_who_was_left_out(step, tmp_path):
    names = ("ann", "bob", "cid")
    files = {
        f"set-1.0/recordings/{word}_{name}_{number}.wav": spoken(word, speaker, number)
        for word in range(4)
        for speaker, name in enumerate(names)
        for number in range(12)
    }
    given = archive(tmp_path / "set.zip", {**files, "set-1.0/README.md": b"hello"})
    outputs = prepare(step, tmp_path, **given)
    assert outputs == {"groups": list(names), "samples": 144, "classes": 4}
    found = dataset.load(tmp_path / "dataset")
    assert (found.classes, len(found.test), found.train.samples.shape[1:]) == (tuple("0123"), 60, (13, 20))
    assert found.train.samples.min() >= 0
    assert found.train.samples.max() <= 1
    fold = step("leave-out", artifacts={"dataset": tmp_path / "fold"}, speech=tmp_path / "speech", group="bob")
    assert fold == {"samples": 48}
    step("train", artifacts={"model": tmp_path / "model"}, dataset=tmp_path / "fold", algorithm="SupportVectors")
    report = step(
        "report", artifacts={"confusion": tmp_path / "png"}, dataset=tmp_path / "fold", model=tmp_path / "model"
    )
    assert report["accuracy"] == 1.0


def test_a_pure_tone_is_strongest_in_its_filter():
    length = 200
    filters = recordings._filters(length, RATE)
    assert filters.shape == (recordings.FILTERS, length // 2 + 1)
    peaks = np.fft.rfftfreq(length, 1 / RATE)[filters.argmax(axis=1)]
    assert (np.diff(peaks) >= 0).all()
    assert peaks[0] < 150
    assert peaks[-1] > 3000


def test_the_image_brings_vowels_in_stretches_of_time(step, tmp_path, monkeypatch):
    folder = tmp_path / "speech-data"
    folder.mkdir()
    for part, count in (("TRAIN", 12), ("TEST", 6)):
        lines = ["#a comment", "@data"]
        for man in (1, 2):
            rows = ":".join(",".join(f"{man * 0.3 + row * 0.01:g}" for _ in range(7)) for row in range(12))
            lines += [f"{rows}:{man}"] * count
        (folder / f"JapaneseVowels_{part}.ts").write_text("\n".join(lines) + "\n")
    monkeypatch.setenv("SPEECH_FOLDER", str(folder))
    outputs = prepare(step, tmp_path)
    assert (outputs["samples"], outputs["classes"], len(outputs["groups"])) == (36, 2, 6)
    found = speech.load(tmp_path / "speech")
    assert found.classes == ("speaker-1", "speaker-2")
    assert found.test.sum() == 12
    for man in (0, 1):
        assert found.members[found.labels == man].tolist() == [number for number in range(6) for _ in range(3)]
    monkeypatch.setenv("SPEECH_FOLDER", "")
    with pytest.raises(InputError, match="run this step in the image components/speech"):
        step("prepare-speech")


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({"seven.wav": spoken(1, 1, 1)}, "no file named as 7_jackson_32.wav"),
        ({"7_ann_0.wav": b"RIFF"}, "7_ann_0.wav is no WAV file"),
        ({"7_ann_0.wav": sound(bytes(4000), channels=2)}, "2 channels of 2 bytes"),
        ({"7_ann_0.wav": sound(bytes(100))}, "0.05 s at least"),
        ({"7_ann_0.wav": spoken(1, 1, 1)}, "1 utterances to test with"),
    ],
)
def test_what_cannot_be_used_is_refused(step, tmp_path, files, complaint):
    with pytest.raises(InputError, match=complaint):
        prepare(step, tmp_path, **archive(tmp_path / "set.zip", files))


def test_what_is_no_archive_or_another_one_is_refused(step, tmp_path):
    (tmp_path / "set.zip").write_bytes(b"nothing")
    digest = hashlib.sha256(b"nothing").hexdigest()
    with pytest.raises(InputError, match="must be a ZIP file"):
        prepare(step, tmp_path, url=str(tmp_path / "set.zip"), digest=digest)
    with pytest.raises(InputError, match="nothing of it is used"):
        prepare(step, tmp_path, url=str(tmp_path / "set.zip"), digest="0" * 64)
