"""Lets those in who carry a known badge, and tells their title, which a directory of people knows."""

from typing import Annotated
from urllib.parse import quote

import httpx

from gopura.plugin import Exchange, Plugin, Response, config


class Badge(config.Entity, name="badges", endpoint_key="code"):
    """A badge: it has a table, `/badges` in the Admin API and `badges` in declarative files."""

    id: config.Uuid
    created_at: config.CreatedAt
    code: Annotated[str, config.Unique(), config.LenMin(4)]
    """What is written on it."""
    person: str
    """Who carries it."""
    tags: config.Tags | None = None


class Badges(Plugin, name="badges", priority=1010):
    """Wants a badge; asks for the person's title; adds it to the response."""

    entities = (Badge,)

    class Config(config.Record):
        """Where badges are shown, and who knows titles."""

        header: config.HeaderName = "X-Badge"
        """The header with the badge's code."""
        directory: config.Url
        """Answers `GET /PERSON` with `{"title": ...}`."""
        timeout: Annotated[float, config.Gt(0)] = 1
        """Seconds that the directory may take."""
        keep: Annotated[float, config.Between(0, 3600)] = 60
        """Seconds for which a title is good."""

    async def access(self, exchange: Exchange, config: Config) -> Response | None:
        """Refuse who has no badge; find the title of who has one."""
        badge = exchange.find("badges", "code", exchange.request.headers.get(config.header) or "")
        if badge is None:
            return exchange.exit(401, {"message": f"Show your badge in {config.header}"})
        exchange.upstream_request.headers.set("X-Person", badge.person)
        exchange.ctx["badges.title"] = await self.node.cache.fetch(
            f"badges:{config.directory}:{badge.person}",
            lambda: self.title(config, badge.person),
            config.keep,
        )
        return None

    async def title(self, config: Config, person: str) -> str | None:
        """Ask the directory; a request goes on without the title when it does not answer."""
        try:
            answer = await self.node.http.request(
                "GET", f"{config.directory}/{quote(person, safe='')}", timeout=config.timeout
            )
            title: str = answer.raise_for_status().json()["title"]
        except (httpx.HTTPError, ValueError, KeyError) as error:
            self.log_to.warning("the directory does not know %s: %r", person, error)
            return None
        return title

    def header_filter(self, exchange: Exchange, config: Config) -> None:
        """Tell the title."""
        if title := exchange.ctx.get("badges.title"):
            exchange.response.headers.set("X-Title", title)
