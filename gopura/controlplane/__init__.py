"""The control process: the store, the Admin API, and the configuration for data planes."""
