"""`gopura prepare`."""

from __future__ import annotations

import click

from gopura.cli._options import Failure, node_options
from gopura.settings import Settings
from gopura.supervisor.certificates import certificates
from gopura.supervisor.key_files import CertificateError
from gopura.supervisor.node import listen_names
from gopura.supervisor.prefix import Prefix, PrefixError


@click.command("prepare")
@node_options
def command(settings: Settings) -> None:
    """Make the prefix folder with its certificates; start nothing."""
    prefix = Prefix(settings)
    try:
        prefix.prepare()
        certificates(settings, listen_names(settings))
        prefix.node_id(settings.node_id)
    except (PrefixError, CertificateError) as error:
        raise Failure(str(error)) from None
    click.echo(f"prepared {prefix.path}")
