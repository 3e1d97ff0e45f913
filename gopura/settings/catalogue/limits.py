"""What an nginx directive of Kong's users sets: workers, sizes and time-outs."""

from __future__ import annotations

from gopura.settings.kinds import Measure, Number, OnOff, Text
from gopura.settings.setting import Section, Setting

_SIZE = Measure("size")
_TIME = Measure("time")
_WORKERS = Text(r"auto|[1-9]\d*", "`auto` or a number of at least 1")
_BUFFERS = Text(r"\d+\s+\d+[kKmM]?", "a number and a size, such as `4 8k`")

SECTION = Section(
    "Workers, sizes and time-outs",
    (
        Setting(
            "nginx_worker_processes",
            _WORKERS,
            "",
            "Shorter name of the next.",
            alias="nginx_main_worker_processes",
        ),
        Setting(
            "nginx_main_worker_processes",
            _WORKERS,
            "auto",
            "Worker threads of the data plane; `auto` is one per processor that this node may use.",
            dropped="1",
        ),
        Setting(
            "nginx_main_worker_rlimit_nofile",
            Text(r"auto|\d+", "`auto` or a number"),
            "auto",
            "Open files that the data plane asks the system for; `auto` takes all it may have.",
        ),
        Setting(
            "nginx_events_worker_connections",
            Text(r"auto|\d+", "`auto` or a number"),
            "auto",
            "Client connections that one worker serves at the same time, others wait; `auto` sets no limit.",
            dropped="512",
        ),
        Setting(
            "nginx_http_client_max_body_size",
            _SIZE,
            "0",
            "Largest request body; beyond it 413. 0 sets no limit.",
            dropped="1m",
        ),
        Setting(
            "client_body_buffer_size",
            _SIZE,
            "",
            "Shorter name of the next.",
            alias="nginx_http_client_body_buffer_size",
        ),
        Setting(
            "nginx_http_client_body_buffer_size",
            _SIZE,
            "8k",
            "Part of a request body that is kept in memory, 64 kB at least, where the route has request_buffering; the"
            " rest waits in a file in the prefix.",
        ),
        Setting(
            "nginx_http_client_header_buffer_size",
            _SIZE,
            "1k",
            "First buffer for a request's head.",
            inert="a head's buffer grows as needed, within nginx_http_large_client_header_buffers",
        ),
        Setting(
            "nginx_http_large_client_header_buffers",
            _BUFFERS,
            "4 8k",
            "Number and size of buffers for a large head: no line may be longer than one, the head not "
            "longer than all.",
        ),
        Setting(
            "nginx_http_ignore_invalid_headers",
            OnOff(),
            "on",
            "Drop headers whose names have other characters than letters, digits, `-` and `_`.",
        ),
        Setting("nginx_http_client_header_timeout", _TIME, "60s", "Time for a request's head to arrive."),
        Setting(
            "nginx_http_client_body_timeout",
            _TIME,
            "60s",
            "Longest pause between two reads of a request's body.",
        ),
        Setting("nginx_http_send_timeout", _TIME, "60s", "Longest pause between two writes of a response."),
        Setting(
            "nginx_http_keepalive_timeout",
            _TIME,
            "75s",
            "Time that an idle client connection is kept; 0 closes it.",
        ),
        Setting(
            "nginx_http_keepalive_requests",
            Number(1),
            "1000",
            "Requests after which a client connection is closed.",
        ),
        Setting(
            "nginx_http_charset",
            Text(),
            "UTF-8",
            "Charset added to text responses that name none; `off` adds none.",
            dropped="off",
        ),
        Setting(
            "nginx_http_add_header",
            Text(r"""\S+\s+("[^"]*"|'[^']*'|\S+)(\s+always)?""", "a name, a value and perhaps `always`"),
            "",
            "One more header for responses; with `always` for errors too.",
        ),
        Setting(
            "nginx_proxy_real_ip_header",
            Text(),
            "",
            "Longer name of `real_ip_header`.",
            alias="real_ip_header",
        ),
        Setting(
            "nginx_proxy_real_ip_recursive",
            OnOff(),
            "",
            "Longer name of `real_ip_recursive`.",
            alias="real_ip_recursive",
        ),
        Setting(
            "nginx_admin_client_max_body_size",
            _SIZE,
            "10m",
            "Largest request body of the Admin API.",
            dropped="0",
        ),
        Setting(
            "nginx_admin_client_body_buffer_size",
            _SIZE,
            "10m",
            "Part of an Admin API body that is kept in memory.",
            inert="all of it is, within nginx_admin_client_max_body_size",
        ),
    ),
)
