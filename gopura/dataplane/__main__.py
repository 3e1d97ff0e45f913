"""Entry of the data process; the supervisor starts it."""

from gopura.dataplane.process import main

main()
