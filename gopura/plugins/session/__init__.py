"""Session: keeps people logged in by a cookie."""

import base64
import secrets
from typing import Annotated, Any

from gopura.plugin import ALL_PROTOCOLS, Entity, Exchange, Plugin, config
from gopura.plugin.authentication import GROUPS
from gopura.plugin.body import sent
from gopura.plugins.session.chunks import TooLargeError
from gopura.plugins.session.keeper import Keeper
from gopura.plugins.session.ticket import Limits, Owner, Ticket

BODY_LIMIT = 1 << 20
"""Bytes of a body that are searched for a logout."""

OPEN = "gopura.session"
"""Where in `exchange.ctx` the request's session is."""

_AWAY = "gopura.session.away"
"""Set in `exchange.ctx` once the request has waited for the database in vain."""

_FACTS = ("id", "audience", "subject", "timeout", "idling-timeout", "rolling-timeout", "absolute-timeout")
_SECRET = base64.b64encode(secrets.token_bytes(33)).decode().replace("+", "A").replace("/", "0")

_UNABLE = (ConnectionError, TimeoutError, TooLargeError)

_Facts = Annotated[list[Annotated[str, config.OneOf(*_FACTS)]] | None, config.SetOf()]


def _old_name(old: str, annotation: Any, new: str, **translated: Any) -> config.Shorthand:
    return config.Shorthand(old, annotation, lambda value: {new: translated.get(str(value), value)})


class Session(Plugin, name="session", priority=1900, protocols=ALL_PROTOCOLS, no_consumer=True):
    """Gives a cookie to who logged in, and knows them by it afterwards."""

    example = {"storage": "kong", "cookie_secure": False}

    class Config(config.Record):
        """The cookie, how long it is good, and how to log out."""

        shorthands = (
            _old_name("cookie_lifetime", float, "rolling_timeout"),
            config.Shorthand("cookie_idletime", float, lambda value: {"idling_timeout": value or 0}),
            config.Shorthand("cookie_renew", float, lambda _value: None),
            _old_name("cookie_discard", float, "stale_ttl"),
            _old_name("cookie_samesite", str, "cookie_same_site", off="Lax"),
            _old_name("cookie_httponly", bool, "cookie_http_only"),
            _old_name("cookie_persistent", bool, "remember"),
        )

        secret: Annotated[str | None, config.Optional(), config.Encrypted(), config.Referenceable()] = _SECRET
        """The secret that cookies are encrypted with; made up once per start when it is left out."""
        storage: Annotated[str | None, config.OneOf("cookie", "kong")] = "cookie"
        """Where sessions are kept: in the cookie, or in the database."""
        audience: str | None = "default"
        """What the session is for."""
        idling_timeout: float | None = 900
        """How many seconds a session may lie idle."""
        rolling_timeout: float | None = 3600
        """How many seconds a session lasts until it is renewed."""
        absolute_timeout: float | None = 86400
        """How many seconds a session can be renewed."""
        stale_ttl: float | None = 10
        """How many seconds the old cookie goes on working after a renewal."""
        cookie_name: str | None = "session"
        """The cookie's name."""
        cookie_path: str | None = "/"
        """The path that the cookie is for."""
        cookie_domain: str | None = None
        """The domain that the cookie is for."""
        cookie_same_site: Annotated[str | None, config.OneOf("Strict", "Lax", "None", "Default")] = "Strict"
        """Whether the cookie is sent with requests from other sites."""
        cookie_http_only: bool | None = True
        """Whether the cookie is hidden from scripts."""
        cookie_secure: bool | None = True
        """Whether the cookie is sent by HTTPS only."""
        remember: bool | None = False
        """Whether the session outlives the browser."""
        remember_cookie_name: str | None = "remember"
        """The name of the cookie that outlives the browser."""
        remember_rolling_timeout: float | None = 604800
        """How many seconds such a session lasts until it is renewed."""
        remember_absolute_timeout: float | None = 2592000
        """How many seconds such a session can be renewed."""
        response_headers: _Facts = None
        """What responses tell the client about the session."""
        request_headers: _Facts = None
        """What requests tell the upstream about the session."""
        read_body_for_logout: bool | None = False
        """Whether a logout is looked for in the body."""
        logout_methods: Annotated[
            list[Annotated[str, config.OneOf("GET", "POST", "DELETE")]] | None, config.SetOf()
        ] = ["POST", "DELETE"]
        """The methods of requests that can log out."""
        logout_query_arg: str | None = "session_logout"
        """The query argument that logs out."""
        logout_post_arg: str | None = "session_logout"
        """The form field that logs out."""

    def request_body_limit(self, config: Config) -> int:
        """Have bodies read when a logout may be in them."""
        return BODY_LIMIT if config.read_body_for_logout else 0

    async def access(self, exchange: Exchange, config: Config) -> None:
        """Know who is logged in, or log out."""
        for fact in config.request_headers or ():
            exchange.upstream_request.headers.remove(header_of(fact))
        try:
            await self._recognise(exchange, config)
        except _UNABLE as error:
            exchange.ctx[_AWAY] = True
            self.log_to.warning("sessions cannot be read: %s", error)

    async def header_filter(self, exchange: Exchange, config: Config) -> None:
        """Give a session to who just logged in."""
        consumer, credential = exchange.consumer, exchange.credential
        if consumer is None or credential is None or _AWAY in exchange.ctx:
            return  # nobody logged in, or a session could not be saved either, after another wait
        known: Ticket | None = exchange.ctx.get(OPEN)
        if known and known.owner and known.owner.is_(consumer.id, credential.id):
            return
        subject = consumer.username or consumer.custom_id or consumer.id
        owner = Owner(consumer.id, credential.id, subject, exchange.ctx.get(GROUPS))
        try:
            ticket = await self._give(exchange, config, owner, known)
        except _UNABLE as error:
            self.log_to.error("a session cannot be saved: %s", error)  # noqa: TRY400 - not a bug
            return
        for name, value in facts(config, ticket, config.response_headers):
            exchange.response.headers.set(name, value)

    async def _recognise(self, exchange: Exchange, config: Config) -> None:
        ticket = await self._find(exchange, config)
        if ticket is None or (owner := ticket.owner) is None:
            return
        if logs_out(exchange, config):
            lines = await self._end(exchange, config, ticket)
            exchange.exit(200, headers={"Set-Cookie": list(lines.values())})
            return
        consumer = exchange.find("consumers", "id", owner.consumer)
        if consumer is None:
            send(exchange, await self._end(exchange, config, ticket))
            return
        try:
            ticket = await self._refresh(exchange, config, ticket)
        except _UNABLE as error:
            exchange.ctx[_AWAY] = True
            self.log_to.warning("a session cannot be renewed: %s", error)
        exchange.ctx[OPEN] = ticket
        authenticate(exchange, consumer, owner)
        for name, value in facts(config, ticket, config.request_headers):
            exchange.upstream_request.headers.set(name, value)
        for name, value in facts(config, ticket, config.response_headers):
            exchange.response.headers.set(name, value)

    async def _find(self, exchange: Exchange, config: Config) -> Ticket | None:
        headers = exchange.request.headers
        if ticket := await self._session(config).find(headers):
            return ticket
        if (
            config.remember
            and (remembered := await self._remember(config).find(headers))
            and remembered.owner
        ):
            renewed = remembered.renewed(remembered.owner)
            send(exchange, await self._remember(config).save(renewed, remembered))
            ticket = Ticket.new(remembered.owner, remembered.others)
            send(exchange, await self._session(config).save(ticket))
        return ticket

    async def _refresh(self, exchange: Exchange, config: Config, ticket: Ticket) -> Ticket:
        keeper = self._session(config)
        if ticket.needs_renewal(keeper.limits):
            renewed = ticket.renewed(ticket.owner)
            send(exchange, await keeper.save(renewed, ticket))
            return renewed
        if ticket.needs_touch(keeper.limits):
            ticket = ticket.touched()
            send(exchange, keeper.touch(ticket))
        return ticket

    async def _give(self, exchange: Exchange, config: Config, owner: Owner, old: Ticket | None) -> Ticket:
        """Log somebody in: sessions that are there go on, for them."""
        ticket = await self._hand_over(exchange, self._session(config), owner, old)
        if config.remember:
            await self._hand_over(exchange, self._remember(config), owner)
        return ticket

    async def _hand_over(
        self, exchange: Exchange, keeper: Keeper, owner: Owner, old: Ticket | None = None
    ) -> Ticket:
        # As in Kong, the database is not asked once more for what the request carries.
        if old is None and keeper.config.storage != "kong":
            old = await keeper.find(exchange.request.headers)
        ticket = old.renewed(owner) if old else Ticket.new(owner)
        send(exchange, await keeper.save(ticket, old))
        return ticket

    async def _end(self, exchange: Exchange, config: Config, ticket: Ticket) -> dict[str, str]:
        """Log out: what is left are the other audiences."""
        lines = await self._without_owner(self._session(config), ticket)
        if config.remember:
            keeper = self._remember(config)
            if remembered := await keeper.find(exchange.request.headers):
                lines |= await self._without_owner(keeper, remembered)
        return lines

    async def _without_owner(self, keeper: Keeper, ticket: Ticket) -> dict[str, str]:
        if ticket.others:
            return await keeper.save(ticket.renewed(None), ticket)
        return await keeper.remove(ticket)

    def _session(self, config: Config) -> Keeper:
        return Keeper(self.node, config, config.cookie_name or "session", limits_of(config))

    def _remember(self, config: Config) -> Keeper:
        rolling, absolute = config.remember_rolling_timeout, config.remember_absolute_timeout
        limits = Limits(0, _or(rolling, 604_800), _or(absolute, 2_592_000))
        return Keeper(self.node, config, config.remember_cookie_name or "remember", limits, outlives=True)


def limits_of(config: Session.Config) -> Limits:
    """The limits of sessions that end with the browser; null stands for the default of Kong's library."""
    return Limits(
        _or(config.idling_timeout, 900),
        _or(config.rolling_timeout, 3600),
        _or(config.absolute_timeout, 86_400),
    )


def _or(seconds: float | None, default: float) -> float:
    return default if seconds is None else seconds


def send(exchange: Exchange, lines: dict[str, str]) -> None:
    """Set cookies in the response, in place of those of the same names."""
    headers = exchange.response.headers
    others = [line for line in headers.get_all("Set-Cookie") if line.partition("=")[0] not in lines]
    headers.set("Set-Cookie", [*others, *lines.values()])


def authenticate(exchange: Exchange, consumer: Entity, owner: Owner) -> None:
    """Say who the client is, as the plugin did that logged it in."""
    credential = Entity("sessions", {"id": owner.credential, "consumer_id": consumer.id})
    exchange.authenticate(consumer, credential)
    if owner.groups:
        exchange.ctx[GROUPS] = owner.groups
        exchange.upstream_request.headers.set("X-Authenticated-Groups", ", ".join(owner.groups))
    else:
        exchange.upstream_request.headers.remove("X-Authenticated-Groups")


def logs_out(exchange: Exchange, config: Session.Config) -> bool:
    """Whether the request ends the session."""
    request = exchange.request
    if request.method not in (config.logout_methods or ()):
        return False
    if config.logout_query_arg and config.logout_query_arg in request.query:
        return True
    if not config.read_body_for_logout or not config.logout_post_arg or request.method == "GET":
        return False
    fields = sent(request)
    return fields is not None and config.logout_post_arg in fields


def header_of(fact: str) -> str:
    """The header that tells a fact about the session."""
    return "Session-" + fact.title()


def facts(config: Session.Config, ticket: Ticket, wanted: list[str] | None) -> list[tuple[str, str]]:
    """Headers about the session."""
    left = ticket.left(limits_of(config))
    subject = ticket.owner.subject if ticket.owner else None
    values = {"id": ticket.name, "audience": config.audience or "default", "subject": subject}
    values |= {f"{name}-timeout": _number(seconds) for name, seconds in left.items()}
    values |= {"timeout": _number(min(left.values()))} if left else {}
    return [(header_of(fact), value) for fact in wanted or () if (value := values.get(fact))]


def _number(seconds: float) -> str:
    return str(int(seconds) if seconds == int(seconds) else seconds)
