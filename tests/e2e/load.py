"""Requests without a pause, while something happens to the gateway."""

import threading

import httpx


class Load:
    """Requests from several threads, on connections kept and new, until stopped."""

    def __init__(self, url: str) -> None:
        self.statuses: list[object] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(url, kept)) for kept in (True, False) * 2]
        for thread in self._threads:
            thread.start()

    def _run(self, url: str, kept: bool) -> None:
        with httpx.Client(trust_env=False, timeout=30) as client:
            while not self._over.is_set():
                try:
                    headers = {} if kept else {"connection": "close"}
                    self.statuses.append(client.get(url, headers=headers).status_code)
                except httpx.HTTPError as error:
                    self.statuses.append(repr(error))

    def stop(self) -> list[object]:
        self._over.set()
        for thread in self._threads:
            thread.join()
        return self.statuses
