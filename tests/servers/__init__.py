"""Real servers that tests start on free ports of the loopback address, and stop by their process id."""
