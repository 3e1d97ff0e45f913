"""Entry of the control process; the supervisor starts it."""

from gopura.controlplane.process import main

main()
