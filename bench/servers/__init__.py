"""The servers that are compared; each knows how to say a case in its own configuration."""
