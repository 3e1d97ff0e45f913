"""The process that `gopura start` is: it binds the listening sockets and keeps a control and a data process.

Sockets belong to the supervisor for its whole life and are inherited by the processes, so that no connection
is refused while one of them is replaced.
"""
