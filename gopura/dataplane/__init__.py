"""The data process: the engine with its plugins, fed by the snapshot link."""
