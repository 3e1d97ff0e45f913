"""The Admin API alone on a port: `python -m tests.admin.serve PORT [kong.conf key=value ...]`."""

import asyncio
import sys
import tempfile

import uvicorn

from gopura.admin import create_app
from gopura.settings import Settings
from gopura.store import Store, migrate


async def serve(port: int, overrides: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as prefix:
        settings = Settings.load(None, {}, {"prefix": prefix, **overrides})
        store = Store.of(settings)
        if settings.database == "postgres":
            await migrate.bootstrap(store.location)
        async with store:
            app = create_app(store, settings)
            config = uvicorn.Config(app, port=port, log_level="warning", server_header=False)
            await uvicorn.Server(config).serve()


if __name__ == "__main__":
    port, *pairs = sys.argv[1:]
    asyncio.run(serve(int(port), dict(pair.split("=", 1) for pair in pairs)))
