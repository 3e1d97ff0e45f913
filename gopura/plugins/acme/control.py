"""The plugin in the control process: it answers the data planes, creates in the background, renews every day."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gopura.plugin.control import ControlPart
from gopura.plugin.redis import RedisPools
from gopura.plugin.trust import trusting
from gopura.plugins.acme import Acme, domains, names
from gopura.plugins.acme.certificates import AsEntities, Certificates, InStorage
from gopura.plugins.acme.issuing import Issuer, IssuingError
from gopura.plugins.acme.renewal import DAY_SECONDS, renew_all
from gopura.plugins.acme.storage import Storage, StorageError
from gopura.plugins.acme.storage.consul import Consul
from gopura.plugins.acme.storage.database import Database
from gopura.plugins.acme.storage.memory import Memory
from gopura.plugins.acme.storage.redis import Redis
from gopura.plugins.acme.storage.vault import Vault
from gopura.store.errors import DatabaseUnavailable
from gopura.vaults.resolver import Resolver

if TYPE_CHECKING:
    from gopura.admin.router import Endpoint
    from gopura.settings import Settings
    from gopura.store import Store

log = logging.getLogger(__name__)

_FIRST_RENEWAL_SECONDS = 60
_AT_ONCE = 4
_WAITING = 100


class AcmeControl(ControlPart):
    """Reads the configuration anew for each task: there is one, and it may change at any time."""

    def __init__(self, store: Store, settings: Settings) -> None:
        super().__init__(store, settings)
        self._memory = Memory()
        self._redis = RedisPools(settings.lua_ssl_trusted_certificate or ())
        self._working = asyncio.Semaphore(_AT_ONCE)
        self._creating: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def endpoints(self) -> Iterable[Endpoint]:
        """`/acme`."""
        from gopura.plugins.acme.endpoints import Endpoints

        return Endpoints(self).all()

    async def answer(self, question: str, params: Mapping[str, Any]) -> Any:
        """Answer an authority's question (`challenge`), or say which `certificate` to present."""
        config = await self.config(enabled=True)
        if config is None:
            return None
        if question == "challenge":
            return await self.storage(config).get(names.challenge(params["token"]))
        if question == "certificate":
            return await self._certificate(config, params["host"])
        return await super().answer(question, params)

    async def run(self) -> None:
        """Renew soon after the start, then every day."""
        try:
            await asyncio.sleep(_FIRST_RENEWAL_SECONDS)
            while True:
                await self.renew()
                await asyncio.sleep(DAY_SECONDS)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._redis.close()

    async def config(self, enabled: bool = False) -> Acme.Config | None:
        """The configuration with its secrets; None when the plugin is not configured."""
        async with self.store.reading() as reader:
            rows = await reader.all("plugins", {"name": Acme.name})
            row = next((row for row in rows if row["enabled"] or not enabled), None)
            vaults = await reader.all("vaults") if row else []
        if row is None:
            return None
        resolver = Resolver(vaults, self.settings.vault_env_prefix)
        config: Acme.Config = Acme.Config.load(resolver.resolved(Acme.Config.shape(), row["config"]))
        return config

    def storage(self, config: Acme.Config) -> Storage:
        """The storage that the configuration names."""
        if config.storage == "kong":
            return Database(self.store)
        if config.storage == "shm":
            return self._memory
        if config.storage == "redis":
            return Redis(config.storage_config.redis, self._redis)
        if config.storage == "consul":
            return Consul(config.storage_config.consul, self._trusted)
        return Vault(config.storage_config.vault, self._trusted)

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        return trusting(self.settings.lua_ssl_trusted_certificate or ())

    def certificates(self, config: Acme.Config) -> Certificates:
        """Where certificates are kept."""
        if self.settings.database == "off":
            return InStorage(self.storage(config))
        return AsEntities(self.store)

    def issuer(self, config: Acme.Config) -> Issuer:
        """What gets certificates by this configuration."""
        storage, certificates = self.storage(config), self.certificates(config)
        return Issuer(config, storage, certificates, self.store, self._trusted)

    def begin_renewal(self) -> None:
        """Renew in the background."""
        self._begin(self.renew())

    async def renew(self) -> None:
        """Renew what ends soon; faults are logged."""
        try:
            if config := await self.config(enabled=True):
                await renew_all(self.issuer(config))
        except (StorageError, DatabaseUnavailable) as error:
            log.error("no certificate is renewed: %s", error)  # noqa: TRY400 - not a bug
        except Exception:
            log.exception("no certificate is renewed; it is tried again in a day")

    async def _certificate(self, config: Acme.Config, host: str) -> dict[str, str] | None:
        """The pair that a data plane cannot know of; without one, have it created."""
        pair = await self.certificates(config).find(host)
        if pair is None and domains.allowed(config, host):
            self._begin_creation(config, host)
        if pair is None or self.settings.database != "off":
            return None
        return {"cert": pair.cert, "key": pair.key}

    def _begin_creation(self, config: Acme.Config, host: str) -> None:
        if host in self._creating:
            return
        if len(self._creating) >= _WAITING:
            log.warning("too many names wait for certificates: %s is left out for now", host)
            return
        self._creating.add(host)
        self._begin(self._create(config, host))

    async def _create(self, config: Acme.Config, host: str) -> None:
        try:
            async with self._working:
                await self.issuer(config).create_missing(host)
        except (IssuingError, StorageError, DatabaseUnavailable) as error:
            log.error("failed to update certificate for host: %s err: %s", host, error)  # noqa: TRY400 - not a bug
        finally:
            self._creating.discard(host)

    def _begin(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        with suppress(asyncio.CancelledError):
            if error := task.exception():
                log.error("background work failed", exc_info=error)
