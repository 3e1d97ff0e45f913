"""Access lists: which groups of consumers may pass."""

from gopura.plugin import Plugin, config


class Acl(Plugin, name="acl", priority=950, no_consumer=True):
    """Lets consumers pass by their groups."""

    checks = (
        config.OnlyOneOf("config.allow", "config.deny"),
        config.AtLeastOneOf("config.allow", "config.deny"),
    )

    class Config(config.Record):
        """Either the groups that pass or those that do not."""

        allow: list[str] | None = None
        """The groups that may pass."""
        deny: list[str] | None = None
        """The groups that may not pass."""
        hide_groups_header: bool = False
        """Whether the upstream is not told the consumer's groups (X-Consumer-Groups)."""
