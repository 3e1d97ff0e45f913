"""What is wrong with a plugin's class: found when it is loaded, not when a request comes."""

from collections.abc import Iterator

from gopura.plugin.faults import entities, phases, settings, traits
from gopura.plugin.faults.entities import unresolved
from gopura.plugin.faults.fault import Fault
from gopura.plugin.lifecycle import Plugin

__all__ = ["Fault", "first_fault", "unresolved"]


def first_fault(plugin: type[Plugin]) -> Fault | None:
    """The first thing that would keep the plugin from working; None when it can be used."""
    return next(_faults(plugin), None)


def _faults(plugin: type[Plugin]) -> Iterator[Fault]:
    yield from traits.faults(plugin)
    yield from phases.faults(plugin)
    yield from settings.faults(plugin)
    yield from entities.faults(plugin)
