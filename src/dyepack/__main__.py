"""``python -m dyepack`` is the same as ``dyepack``."""

from dyepack.cli import main

main()
