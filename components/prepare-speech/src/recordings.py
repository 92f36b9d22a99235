"""Recordings of single words: a ZIP archive of WORD_SPEAKER_NUMBER.wav files, as the Free Spoken Digit Dataset is.

Their sound is told by mel-frequency cepstral coefficients (Davis and Mermelstein 1980), of which each has mean 0 and
deviation 1 over an utterance: a louder voice or another microphone then changes little.
"""

import io
import re
import wave
import zipfile

import numpy as np
from penstock_ml import speech
from penstock_ml.wire import InputError
from scipy.fft import dct

NAME = re.compile(r"(?:.*/)?([^_/]+)_([^_/]+)_(\d+)\.wav")
TESTED = 5
"""Of each word and speaker so many recordings, those with the lowest numbers, are the test: the dataset's own rule."""
FRAME, STEP = 0.025, 0.010
"""Seconds that a spectrum is taken over, and to the next."""
FILTERS, KEPT = 26, 13
WIDEST = 3.0
"""Deviations from the mean that are told apart."""


def read(content: bytes) -> speech.Speech:
    """The utterances of an archive; groups are the speakers."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            named = sorted((found.groups(), name) for name in archive.namelist() if (found := NAME.fullmatch(name)))
            sounds = [_sound(archive.read(name), name) for _, name in named]
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise InputError(f"the archive cannot be read ({error}): it must be a ZIP file") from None
    if not named:
        raise InputError("the archive has no file named as 7_jackson_32.wav is: word, speaker, number")
    said, speakers, numbers = zip(*(parts for parts, _ in named), strict=True)
    classes, groups = sorted(set(said)), sorted(set(speakers))
    return speech.Speech(
        tuple(classes),
        tuple(groups),
        np.array(sounds),
        np.array([classes.index(one) for one in said]),
        np.array([groups.index(one) for one in speakers]),
        np.array([int(one) < TESTED for one in numbers]),
    )


def _sound(content: bytes, name: str) -> np.ndarray:
    try:
        with wave.open(io.BytesIO(content)) as file:
            form = (file.getnchannels(), file.getsampwidth())
            rate, samples = file.getframerate(), file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise InputError(f"{name} is no WAV file ({error})") from None
    if form != (1, 2) or len(samples) < 4 * FRAME * rate:
        raise InputError(
            f"{name} has {form[0]} channels of {form[1]} bytes: it must have one of 2, and {2 * FRAME} s at least"
        )
    found = cepstra(np.frombuffer(samples, "<i2") / 2**15, rate)
    spread = (found - found.mean(axis=1, keepdims=True)) / (found.std(axis=1, keepdims=True) + 1e-9)
    return np.clip(speech.picture(spread) / (2 * WIDEST) + 0.5, 0, 1)


def cepstra(signal: np.ndarray, rate: int) -> np.ndarray:
    """The coefficients (KEPT, frames) of a signal with `rate` samples a second."""
    length, step = round(FRAME * rate), round(STEP * rate)
    frames = np.lib.stride_tricks.sliding_window_view(signal, length)[::step] * np.hamming(length)
    power = np.abs(np.fft.rfft(frames)) ** 2
    return dct(np.log(power @ _filters(length, rate).T + 1e-10), norm="ortho")[:, :KEPT].T


def _filters(length: int, rate: int) -> np.ndarray:
    """Triangles (FILTERS, frequencies) that are evenly wide as the ear hears: on the mel scale (O'Shaughnessy 1987)."""
    top = 2595 * np.log10(1 + rate / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, FILTERS + 2) / 2595) - 1)
    frequencies = np.fft.rfftfreq(length, 1 / rate)
    low, middle, high = (edges[place : place + FILTERS, None] for place in range(3))
    return np.clip(np.minimum((frequencies - low) / (middle - low), (high - frequencies) / (high - middle)), 0, None)
