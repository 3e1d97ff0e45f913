"""What is known of a node whatever its plugins count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import psutil

from gopura.plugins.prometheus.text import Samples, family
from gopura.release import VERSION

_STATES = ("accepted", "active", "handled", "reading", "waiting", "writing")


def node(node_id: str, counters: Mapping[str, int], processes: Mapping[int, int]) -> Iterator[str]:
    """Connections and requests, and the memory of processes by their ids."""
    identity = {"node_id": node_id}
    http = identity | {"subsystem": "http"}
    states = [(http | {"state": state}, counters.get(f"connections_{state}", 0)) for state in _STATES]
    total = counters.get("total_requests", 0)
    about = "Number of connections by subsystem"
    yield family(
        "kong_nginx_connections_total", "gauge", about, [*states, (http | {"state": "total"}, total)]
    )
    yield family("kong_nginx_requests_total", "gauge", "Number of requests total", [(http, total)])
    release: Samples = [(identity | {"version": VERSION}, 1)]
    yield family("kong_node_info", "gauge", "Kong Node metadata information", release)
    yield from _memory(identity, processes)


def datastore(reachable: bool) -> str:
    """Whether the database answers; without one it does."""
    about = "Datastore reachable from Kong, 0 is unreachable"
    return family("kong_datastore_reachable", "gauge", about, [({}, int(reachable))])


def timers(running: int) -> str:
    """What goes on in the background of a process."""
    states: Samples = [({"state": "running"}, running), ({"state": "pending"}, 0)]
    return family("kong_nginx_timers", "gauge", "Number of nginx timers", states)


def _memory(identity: dict[str, str], processes: Mapping[int, int]) -> Iterator[str]:
    http = {"kong_subsystem": "http"}
    workers: Samples = [(identity | {"pid": str(pid)} | http, size) for pid, size in processes.items()]
    yield family("kong_memory_workers_lua_vms_bytes", "gauge", "Memory of each process in bytes", workers)
    machine, of = psutil.virtual_memory(), identity | {"shared_dict": "kong"} | http
    used, total = "kong_memory_lua_shared_dict_bytes", "kong_memory_lua_shared_dict_total_bytes"
    yield family(used, "gauge", "Used memory of the machine in bytes", [(of, machine.used)])
    yield family(total, "gauge", "Memory of the machine in bytes", [(of, machine.total)])
