"""Access lists: which groups of consumers may pass."""

from gopura.plugin import Entity, Exchange, Plugin, config
from gopura.plugin.authentication import GROUPS

FORBIDDEN = "You cannot consume this service"


class Acl(Plugin, name="acl", priority=950, no_consumer=True):
    """Lets consumers pass by their groups."""

    checks = (
        config.OnlyOneOf("config.allow", "config.deny"),
        config.AtLeastOneOf("config.allow", "config.deny"),
    )

    example = {"allow": ["staff"]}

    class Config(config.Record):
        """Either the groups that pass or those that do not."""

        allow: list[str] | None = None
        """The groups that may pass."""
        deny: list[str] | None = None
        """The groups that may not pass."""
        hide_groups_header: bool = False
        """Whether the upstream is not told the consumer's groups (X-Consumer-Groups)."""

    def access(self, exchange: Exchange, config: Config) -> None:
        """Let the request pass, or refuse it."""
        authenticated = groups_of_session(exchange)
        if authenticated is not None:
            self._decide(exchange, config, authenticated, "X-Authenticated-Groups")
        elif (consumer := exchange.consumer) is not None:
            self._decide(exchange, config, groups_of(exchange, consumer), "X-Consumer-Groups")
        else:
            refuse(exchange)

    @staticmethod
    def _decide(exchange: Exchange, config: Config, groups: list[str], header: str) -> None:
        if not groups and not config.deny and header == "X-Consumer-Groups":
            refuse(exchange)
        elif (
            (not any(group in groups for group in config.deny))
            if config.deny
            else any(group in groups for group in config.allow or ())
        ):
            if not config.hide_groups_header:
                exchange.upstream_request.headers.set(header, ", ".join(groups))
        else:
            exchange.error(403, FORBIDDEN)


def groups_of(exchange: Exchange, consumer: Entity) -> list[str]:
    """The groups of a consumer, oldest membership first."""
    rows = exchange.belonging("acls", "consumer", consumer)
    return [row.group for row in sorted(rows, key=lambda row: (row.created_at, row.id))]


def groups_of_session(exchange: Exchange) -> list[str] | None:
    """Groups that a plugin authenticated instead of a credential."""
    if exchange.consumer is not None and exchange.credential is not None:
        return None
    groups = exchange.ctx.get(GROUPS)
    return list(groups) if groups is not None else None


def refuse(exchange: Exchange) -> None:
    """Tell a known client that it may not, an unknown one that it must say who it is."""
    if exchange.credential is not None:
        exchange.error(403, FORBIDDEN)
    else:
        exchange.error(401, "Unauthorized")
