"""The services that a .proto file describes, and their messages as JSON.

Needs the packages of `gopura[grpc]`: protoc reads the file, protobuf's own JSON mapping does the rest.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from google.api.http_pb2 import HttpRule
    from google.protobuf.descriptor import Descriptor, FieldDescriptor
    from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
    from google.protobuf.descriptor_pool import DescriptorPool

Json = Any
_PROTOC_SECONDS = 30
_ZONE = re.compile(r"(Z|[+-]\d\d:\d\d)$", re.IGNORECASE)


class ProtoError(ValueError):
    """The file cannot be read, or a message does not fit its type."""


@dataclass(frozen=True)
class Method:
    """One method of a service."""

    path: str
    """`/package.Service/Method`."""
    rule: HttpRule
    """The option `google.api.http`; empty without one."""
    input: Descriptor
    """The type of its requests."""
    output: Descriptor

    def encode(self, values: dict[str, Any]) -> bytes:
        """A request in Protocol Buffers, without members that it does not know; ProtoError when one does not fit."""
        from google.protobuf.json_format import ParseDict, ParseError
        from google.protobuf.message_factory import GetMessageClass

        message = GetMessageClass(self.input)()
        try:
            ParseDict(_changed(values, self.input, _with_zone), message, ignore_unknown_fields=True)
        except ParseError as error:
            raise ProtoError(str(error)) from None
        return message.SerializeToString()

    def decode(self, message: bytes) -> dict[str, Any]:
        """A response with the fields' own names, also of those that have their default; ProtoError when malformed."""
        from google.protobuf.json_format import MessageToDict
        from google.protobuf.message import DecodeError
        from google.protobuf.message_factory import GetMessageClass

        try:
            read = GetMessageClass(self.output).FromString(message)
        except DecodeError as error:
            raise ProtoError(str(error)) from None
        written = MessageToDict(
            read, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
        )
        return _changed(written, self.output, _with_number)


def methods(path: Path) -> tuple[Method, ...]:
    """The methods of all services of a file, and of what it imports publicly; ProtoError when it cannot be read.

    A file is read again when it has changed. protoc takes a few tenths of a second.
    """
    if find_spec("grpc_tools") is None:
        raise ProtoError("reading .proto files needs more packages: pip install 'gopura[grpc]'")
    try:
        return _methods_of(path.resolve(), path.stat().st_mtime_ns)
    except OSError as error:
        raise ProtoError(f"{path}: {error.strerror}") from None


@lru_cache(maxsize=64)
def _methods_of(path: Path, _changed: int) -> tuple[Method, ...]:
    from google.protobuf.descriptor_pool import DescriptorPool

    compiled = _compiled(path)
    pool = DescriptorPool()
    files = {file.name: file for file in compiled.file}
    for file in compiled.file:
        pool.Add(file)
    # protoc names the file itself last, after all that it needs.
    return tuple(method for file in _public(compiled.file[-1], files) for method in _methods(file, pool))


def _compiled(path: Path) -> FileDescriptorSet:
    import google.api.annotations_pb2  # makes the option known to the descriptors
    from google.protobuf.descriptor_pb2 import FileDescriptorSet

    roots = [path.parent, *(Path(root).parent for root in google.__path__)]
    with tempfile.NamedTemporaryFile(suffix=".pb") as output:
        words = [sys.executable, "-m", "grpc_tools.protoc", "--include_imports"]
        words += [f"--descriptor_set_out={output.name}", *(f"-I{root}" for root in roots), str(path)]
        done = subprocess.run(  # noqa: S603 - the words are ours but for the file's name, which is one word
            words, capture_output=True, text=True, timeout=_PROTOC_SECONDS, check=False
        )
        if done.returncode:
            raise ProtoError(f"{path}: {done.stderr.strip() or 'protoc failed'}")
        return FileDescriptorSet.FromString(Path(output.name).read_bytes())


def _public(
    file: FileDescriptorProto, files: dict[str, FileDescriptorProto]
) -> Iterator[FileDescriptorProto]:
    yield file
    for place in file.public_dependency:
        yield from _public(files[file.dependency[place]], files)


def _methods(file: FileDescriptorProto, pool: DescriptorPool) -> Iterator[Method]:
    from google.api.annotations_pb2 import http

    package = f"{file.package}." if file.package else ""
    for service in file.service:
        for method in service.method:
            names = (method.input_type, method.output_type)
            asked, answered = (pool.FindMessageTypeByName(name.removeprefix(".")) for name in names)
            path = f"/{package}{service.name}/{method.name}"
            yield Method(path, method.options.Extensions[http], asked, answered)


def _changed(
    values: dict[str, Json], of: Descriptor, change: Callable[[Json, FieldDescriptor], Json]
) -> dict[str, Json]:
    """The JSON of a message with each plain value of a field changed."""
    fields = of.fields_by_name
    return {name: _value(value, fields.get(name), change) for name, value in values.items()}


def _value(
    value: Json, field: FieldDescriptor | None, change: Callable[[Json, FieldDescriptor], Json]
) -> Json:
    if field is None:
        return value
    if isinstance(value, list):
        return [_value(each, field, change) for each in value]
    if not isinstance(value, dict) or field.message_type is None:
        return change(value, field)
    if field.message_type.GetOptions().map_entry:
        entry = field.message_type.fields_by_name["value"]
        return {key: _value(each, entry, change) for key, each in value.items()}
    return _changed(value, field.message_type, change)


def _with_zone(value: Json, field: FieldDescriptor) -> Json:
    """Take moments without a zone as UTC, as Kong does."""
    kind = field.message_type and field.message_type.full_name
    bare = kind == "google.protobuf.Timestamp" and isinstance(value, str) and not _ZONE.search(value)
    return f"{value}Z" if bare else value


def _with_number(value: Json, field: FieldDescriptor) -> Json:
    """Write numbers of 64 bits as numbers, as Kong does; protobuf's mapping makes strings of them."""
    long = field.cpp_type in (field.CPPTYPE_INT64, field.CPPTYPE_UINT64)
    return int(value) if long and isinstance(value, str) else value
