"""Requests side by side become one call of the model: CPU work has one thread, and the loop goes on answering."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

MOST = 32
"""Samples of a batch."""
SECONDS = 0.002
"""How long the first sample waits for others."""
WAITING = 1024
"""Samples that may wait; further requests are told to come later."""

Classify = Callable[[Any], tuple[Any, Any]]


class BusyError(Exception):
    """More is waiting than may wait."""


@dataclass(frozen=True)
class _Asked:
    samples: Any
    answer: "asyncio.Future[tuple[Any, Any]]"


class Batches:
    """Gathers samples (n, ...) for `classify`, which gives predictions (n) and confidences (n)."""

    def __init__(self, classify: Classify, observe: Callable[[int], None] = lambda size: None) -> None:
        self._classify = classify
        self._observe = observe
        self._asked: deque[_Asked] = deque()
        self._some = asyncio.Event()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        self.waiting = 0

    async def ask(self, samples: Any) -> tuple[Any, Any]:
        """Predictions and confidences of these samples; BusyError if there is no room for them."""
        if self.waiting and self.waiting + len(samples) > WAITING:
            raise BusyError
        self.waiting += len(samples)
        try:
            answers = await asyncio.gather(*map(self._one, _pieces(samples)))
        finally:
            self.waiting -= len(samples)
        return np.concatenate([one for one, _ in answers]), np.concatenate([sure for _, sure in answers])

    async def _one(self, samples: Any) -> tuple[Any, Any]:
        answer: asyncio.Future[tuple[Any, Any]] = asyncio.get_running_loop().create_future()
        self._asked.append(_Asked(samples, answer))
        self._some.set()
        return await answer

    async def run(self) -> None:
        """Answers for ever."""
        loop = asyncio.get_running_loop()
        while True:
            await self._some.wait()
            if sum(len(one.samples) for one in self._asked) < MOST:
                await asyncio.sleep(SECONDS)
            batch = self._next()
            if not batch:
                continue
            self._observe(sum(len(one.samples) for one in batch))
            for one, result in zip(batch, await loop.run_in_executor(self._thread, self._answers, batch), strict=True):
                if one.answer.done():  # whoever asked has gone
                    continue
                if isinstance(result, Exception):
                    one.answer.set_exception(result)
                else:
                    one.answer.set_result(result)

    def _next(self) -> list[_Asked]:
        batch: list[_Asked] = []
        room = MOST
        while self._asked and len(self._asked[0].samples) <= room:
            one = self._asked.popleft()
            if not one.answer.done():
                batch.append(one)
                room -= len(one.samples)
        if not self._asked:
            self._some.clear()
        return batch

    def _answers(self, batch: list[_Asked]) -> list[tuple[Any, Any] | Exception]:
        try:
            predicted, sure = self._classify(np.concatenate([one.samples for one in batch]))
        except Exception as error:
            if len(batch) == 1:
                return [error]
            # A sample that the model cannot take fails its own request only.
            return [self._answers([one])[0] for one in batch]
        ends = np.cumsum([len(one.samples) for one in batch])[:-1]
        return list(zip(np.split(predicted, ends), np.split(sure, ends), strict=True))


def _pieces(samples: Any) -> list[Any]:
    return [samples[start : start + MOST] for start in range(0, len(samples), MOST)]
