"""Faults of phases: what could not be called, and what would never be."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from inspect import Signature, iscoroutinefunction, isfunction, signature

from gopura.plugin.faults.fault import Fault
from gopura.plugin.lifecycle import PHASES, Plugin

STREAM_PROTOCOLS = frozenset({"tcp", "tls", "udp", "tls_passthrough"})
_OF_KONG = ("init_worker", "body", "header", "configure_phase")
"""Names by which the phases of other gateways go."""
_CLOSE = 0.8


def faults(plugin: type[Plugin]) -> Iterator[Fault]:
    """Phases with wrong parameters, and methods that are probably meant to be phases."""
    for phase in plugin.phases():
        yield from _faults_of_phase(plugin, phase)
    for name, method in vars(plugin).items():
        if name in _OF_KONG:
            yield Fault(plugin, f"{name} is no phase", f"phases are {', '.join(PHASES)}", name)
        elif isfunction(method) and not (name.startswith("_") or hasattr(Plugin, name)):
            yield from _misspelt(plugin, name, signature(method))


def _faults_of_phase(plugin: type[Plugin], phase: str) -> Iterator[Fault]:
    method = getattr(plugin, phase)
    wanted = signature(getattr(Plugin, phase)).parameters
    if not (callable(method) and _takes(signature(method), phase)):
        message = f"{phase} cannot be called with ({', '.join(wanted)})"
        yield Fault(plugin, message, "take these parameters", phase)
    if phase == "body_filter" and iscoroutinefunction(method):
        fix = "write `def body_filter`: the body does not wait"
        yield Fault(plugin, "body_filter is a coroutine", fix, phase)
    if phase == "preread" and not STREAM_PROTOCOLS & set(plugin.protocols):
        fix = 'add `protocols=("tcp", "tls", "udp")` to the class statement'
        yield Fault(plugin, "preread without a stream's protocol", fix, phase)


def _misspelt(plugin: type[Plugin], name: str, found: Signature) -> Iterator[Fault]:
    for phase in get_close_matches(name, PHASES, 1, _CLOSE):
        if _takes(found, phase):
            fix = f"call it {phase}, or begin its name with an underscore"
            yield Fault(plugin, f"{name} is no phase, but {phase} is", fix, name)


def _takes(found: Signature, phase: str) -> bool:
    """Whether something with this signature can be called as the phase is."""
    try:
        found.bind(*signature(getattr(Plugin, phase)).parameters)
    except TypeError:
        return False
    return True
