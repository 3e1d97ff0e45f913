"""`python -m gopura.cli`, for where the `gopura` program is not on the path."""

from gopura.cli import main

main(prog_name="gopura")
